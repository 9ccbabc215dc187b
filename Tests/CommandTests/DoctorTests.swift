import Cluster
import ConvNet
import Foundation
import TestSupport
import Testing

@testable import deepinside

@Suite("doctor")
struct DoctorTests {
  /// A sound host of 8 processors.
  private func facts(_ rank: Int, _ host: String, ranks: Int = 1, threads: Int = 8) throws -> RankFacts {
    let json = """
      {"rank": \(rank), "localSize": \(ranks),
       "placement": {"host": "\(host)", "processors": 8, "allowed": [0,1,2,3,4,5,6,7], "threads": \(threads)},
       "instructionSet": "avx2", "mpi": "Open MPI v4.1.4", "program": "1", "interfaces": ["eth0 10.0.0.1"],
       "memoryBytes": 34359738368, "sharedMemoryBytes": 17179869184, "load": 0.1, "copyRate": 1e10, "diskRate": 1e9,
       "seesFolder": true, "locks": true, "slowVariables": []}
      """
    return try JSONDecoder().decode(RankFacts.self, from: Data(json.utf8))
  }

  private func link(_ bandwidth: Double) -> LinkSpeed {
    // LinkSpeed is made by measuring; here it comes from JSON.
    try! JSONDecoder().decode(
      LinkSpeed.self, from: Data("{\"first\": 0, \"second\": 1, \"latency\": 1e-5, \"bandwidth\": \(bandwidth)}".utf8))
  }

  private func problems(
    _ change: (inout [RankFacts]) -> Void = { _ in }, bandwidth: Double = 3e9, skew: Double = 0
  ) throws -> [Problem] {
    var all = [try facts(0, "a"), try facts(1, "b")]
    change(&all)
    return Diagnosis(facts: all, links: [link(bandwidth)], skews: [0, skew], folder: "runs").problems
  }

  @Test("Sound hosts have no problems")
  func sound() throws { #expect(try problems() == []) }

  @Test("Each fault is found, alone, with a remedy")
  func faults() throws {
    let cases: [(word: String, remedy: String, found: [Problem])] = [
      ("a: 9 threads on 8 processors", "fewer --ranks", try problems { $0[0].placement.threads = 9 }),
      ("b: 8 threads on 1 processor ", "--bind-to none", try problems { $0[1].placement.allowed = [3] }),
      ("b is busy", "slows every rank", try problems { $0[1].load = 7 }),
      ("different MPI libraries: Open MPI v4.1.4 on a; Open MPI v5 on b", "same one", try problems { $0[1].mpi = "Open MPI v5" }),
      ("different versions of deepinside", "one build", try problems { $0[1].program = "2" }),
      ("b: oneDNN is not there (libdnnl.so.3", "setup", try problems { $0[1].oneDNNObstacle = "libdnnl.so.3: no such file" }),
      ("different processors", "--reduction exact", try problems { $0[1].instructionSet = "avx512_core" }),
      (
        "runs can't be written to", "--folder",
        try problems {
          $0[0].diskRate = nil; $0[1].diskRate = nil
        }
      ),
      ("b can't see what a writes into runs", "shared file system", try problems { $0[1].seesFolder = false }),
      ("can't be locked", "HDF5_USE_FILE_LOCKING=FALSE", try problems { $0[1].locks = false }),
      ("the clock of b is 5 s behind", "chrony", try problems(skew: -5)),
      ("a slow network: 118 MB/s between a and b", "--gradient-wire bfloat16", try problems(bandwidth: 118e6)),
      ("OPENBLAS_CORETYPE=Haswell", "unset", try problems { $0[0].slowVariables = ["OPENBLAS_CORETYPE=Haswell"] }),
      (
        "a: 2 GiB of memory", "fewer --ranks",
        try problems {
          $0[0].memoryBytes = 2 << 30; $0[0].localSize = 2
        }
      ),
      ("a: the processor has no AVX2", "OpenBLAS", try problems { for rank in 0...1 { $0[rank].instructionSet = "sse41" } }),
    ]
    for one in cases {
      #expect(
        one.found.contains { $0.text.contains(one.word) && $0.remedy.contains(one.remedy) }, "\(one.word): \(one.found)")
      #expect(one.found.count == (one.word.contains("no AVX2") ? 2 : 1), "\(one.word): \(one.found)")
    }
  }

  @Test("On two ranks it measures and predicts")
  func run() throws {
    let folder = try TemporaryFolder()
    let result = try runUnderMPI(
      ranks: 2, tool: "deepinside", arguments: ["doctor", "--folder", folder.path("."), "--batch", "2", "--threads", "1"])
    #expect(result.exitCode == 0, "\(result)")
    for word in ["Hosts", "Links", "all-reduce over 2 ranks", "Predicted for an assumed 1 Gbit/s", "bfloat16"] {
      #expect(result.output.contains(word), "\(word) in \(result)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path(".")).isEmpty)
  }

  @Test(
    "OpenBLAS runs with kernels that fit the processor, unless a variable chooses others",
    .enabled(if: OpenBLASKernels.fitting != nil, "below AVX2 OpenBLAS knows all processors"))
  func kernels() throws {
    let fitting = try #require(OpenBLASKernels.fitting)
    let folder = try TemporaryFolder()
    func used(_ environment: [String: String]) throws -> String? {
      let result = try runTool("deepinside", ["doctor", "--folder", folder.path("."), "--batch", "2"], environment: environment)
      // Kernels are called like processors, with a capital: "OpenBLAS computes" isn't meant.
      return result.output.firstMatch(of: /OpenBLAS ([A-Z][A-Za-z0-9]*)/).map { String($0.1) }
    }
    // What the library itself takes on a processor that it knows is as good.
    let known: Set = [fitting, "Zen", "Cooperlake", "Sapphirerapids", "Excavator", "Haswell"]
    #expect(known.contains(try used([:]) ?? "none"))
    #expect(try used([OpenBLASKernels.variable: "Nehalem"]) == "Nehalem")
  }

  @Test("threads that wait sleep soon, so that one that is held up can be moved, unless a variable chooses otherwise")
  func waiting() throws {
    func turns(_ environment: [String: String]) throws -> [String] {
      let all = ["OMP_DISPLAY_ENV": "verbose", "OMP_NUM_THREADS": "3"].merging(environment) { $1 }
      let result = try runTool("deepinside", ["--version"], environment: all)
      return result.output.matches(of: /GOMP_SPINCOUNT = '(\d+)'/).map { String($0.1) }
    }
    #expect(try turns([:]).last == "900")
    #expect(try turns(["GOMP_SPINCOUNT": "77"]) == ["77"])
    #expect(try turns(["OMP_WAIT_POLICY": "passive"]) == ["0"])
  }
}
