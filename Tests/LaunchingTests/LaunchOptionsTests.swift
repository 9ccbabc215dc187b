import TestSupport
import Testing

@testable import Launching

@Suite struct LaunchOptionsTests {
  private func options(_ words: [String], _ environment: [String: String] = [:], files: [String: String] = [:]) throws
    -> LaunchOptions
  {
    try LaunchOptions(words, variables: Variables(environment)) { files[$0] }
  }

  @Test(
    "Wrong use ends with code 2 and says what is wrong",
    arguments: [
      (["--ranks", "x", "a"], "--ranks takes a whole number from 1 on, not 'x'"),
      (["--ranks", "0", "a"], "--ranks takes a whole number from 1 on, not '0'"),
      (["--threads", "1234567", "a"], "--threads takes a whole number from 1 on, not '1234567'"),
      (["--max-restarts", "-1", "a"], "--max-restarts takes a whole number from 0 on, not '-1'"),
      (["--ranks"], "--ranks needs a value"), (["--fast", "a"], "unknown option --fast"),
      (["--threads", "2"], "no command given"),
      ([], "no command given"), (["--interface", "eth0;ls", "a"], "--interface takes names or subnets, not 'eth0;ls'"),
      (["--launcher", "srun", "a"], "--launcher srun works in a Slurm allocation"),
      (["--launcher", "mpiexec", "a"], "--launcher is mpirun or srun, not 'mpiexec'"),
      (["--hosts", "a", "--hostfile", "good", "a"], "--hosts and --hostfile exclude each other"),
      (["--hosts", "", "a"], "--hosts has an empty value"), (["--hosts", ",", "a"], "--hosts ',' names no host"),
      (["--hosts", "a:x", "a"], "'a:x' is none"),
      (["--hosts", "a:0", "a"], "'a:0' is none"), (["--hosts", "a;b:2", "a"], "'a;b:2' is none"),
      (["--hostfile", "absent", "a"], "cannot read the host file absent"),
      (["--hostfile", "windows", "a"], "Windows line ends, which mpirun doesn't read: sed -i 's/\\r$//' windows"),
    ] as [([String], String)])
  func wrongUse(words: [String], text: String) {
    let error = #expect(throws: LaunchError.self) { _ = try options(words, files: ["good": "a", "windows": "a\r\nb\r\n"]) }
    #expect(error?.code == 2 && error?.message.contains(text) == true, "\(String(describing: error))")
  }

  @Test("srun takes its hosts from the allocation")
  func srunWithHosts() throws {
    let slurm = ["SLURM_JOB_ID": "7", "PBS_NODEFILE": "absent"]
    #expect(try options(["--launcher", "srun", "a"], slurm).launcher == .srun)
    #expect(throws: LaunchError.self) { _ = try options(["--launcher", "srun", "--hosts", "a", "b"], slurm) }
  }

  @Test("Options end at the command, whose own follow it")
  func command() throws {
    let options = try options(["--ranks", "007", "--dry-run", "--max-restarts", "0", "train", "--ranks", "x", ""])
    #expect(options.ranks == 7 && options.isDryRun && options.maxRestarts == 0)
    #expect(options.command == ["train", "--ranks", "x", ""])
  }

  @Test("Blanks between hosts are no part of their names")
  func hostList() throws {
    for text in ["a:4, b:3 ,c", " a:4 b:3\tc,"] {
      let hosts = try options(["--hosts", text, "train"]).hosts
      #expect(hosts.entries.map(\.text) == ["a:4", "b:3", "c"])
      #expect(hosts.slots == [4, 3, 1])
    }
  }

  @Test("A host file is read as mpirun reads it")
  func hostFile() throws {
    let text = "# nodes\na slots=4\n\n  me@b.x-1  max_slots=8 count = 2 # two\nc\nd 3\ne cpu=5 username=me\n"
    let hosts = try options(["--hostfile", "nodes", "train"], files: ["nodes": text]).hosts
    #expect(hosts.names == ["a", "me@b.x-1", "c", "d", "e"] && hosts.slots == [4, 2, 1, 3, 5])
    for (text, place) in [
      ("a\nb SLOTS=2", "line 2"), ("a slot=2", "line 1"), ("a slots=\"2\"", "line 1"), ("a slots=0", "line 1"),
      ("a slots=x", "line 1"), ("\u{FEFF}a slots=2", "line 1"), ("# none\n\n", "names no host"), ("", "names no host"),
      ("a,b", "line 1"),
    ] {
      let error = #expect(throws: LaunchError.self) { _ = try options(["--hostfile", "nodes", "a"], files: ["nodes": text]) }
      #expect(error?.code == 2 && error?.message.contains(place) == true, "\(text): \(String(describing: error))")
    }
  }

  @Test("A host that is named several times has the slots of all")
  func severalTimes() throws {
    let hosts = try options(["--hosts", "a,b:2,a:3", "train"]).hosts
    #expect(hosts.names == ["a", "b"] && hosts.slots == [4, 2])
  }

  @Test("A restart goes on with the hosts that answer, with the ranks that they have slots for")
  func lostHosts() throws {
    let before = RankLayout(ranks: 4, threads: 3, ranksPerHost: 2, fits: true, isFilled: true)
    var options = try options(["--hosts", "a:2,b:2,c:1", "train"])
    #expect(try options.leaveOut([], after: before) == [] && options.ranks == nil)
    #expect(
      try options.leaveOut(["b"], after: before)
        == ["b does not answer and is left out", "going on with 3 instead of 4 ranks: there are no more slots"])
    #expect(options.hosts.entries.map(\.text) == ["a:2", "c:1"] && options.ranks == 3 && options.threads == 3)
    let error = #expect(throws: LaunchError.self) { try options.leaveOut(["a", "c"], after: before) }
    #expect(error == LaunchError(code: 1, "none of the hosts a:2,c:1 answers"))
  }

  @Test(
    "The threads are those for which the scarcest host has cores",
    arguments: [
      ([4], [64], nil, 16), ([4, 2], [64, 8], nil, 4), ([1, 1], [64, 8], nil, 8), ([16], [8], nil, 1), ([2, 2], [8, 1], 2, 4),
    ] as [([Int], [Int], Int?, Int)])
  func threads(slots: [Int], cores: [Int], ranks: Int?, threads: Int) {
    #expect(RankLayout.onHosts(ranks: ranks, threads: nil, slots: slots, cores: cores).threads == threads)
  }

  @Test("More ranks than slots are dealt out in turn, and fewer leave the last hosts empty")
  func moreAndFewer() {
    let more = RankLayout.onHosts(ranks: 6, threads: 1, slots: [2, 1], cores: [4, 2])
    #expect(more.fits && more.isFilled && more.ranksPerHost == 4)
    let fewer = RankLayout.onHosts(ranks: 2, threads: 2, slots: [2, 2], cores: [4, 1])
    #expect(fewer.fits && fewer.isFilled)
  }
}
