import Foundation
import TestSupport
import Testing

@testable import Launching

@Suite struct BatchScriptTests {
  private static let jobs = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "jobs")

  @Test(
    "The files of jobs/ are what is printed",
    arguments: [
      "train.sbatch", "train.pbs", "prepare.sbatch", "evaluate.sbatch", "class-models.sbatch", "saliency.sbatch",
      "localise.sbatch",
    ])
  func files(name: String) throws {
    let parts = name.split(separator: ".").map(String.init)
    let script = try BatchScript([parts[1] == "pbs" ? "pbs" : "slurm", parts[0]])
    #expect(try String(contentsOf: Self.jobs.appending(path: name), encoding: .utf8) == script.text)
  }

  @Test("No other scripts are in jobs/")
  func others() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.jobs.path)
    #expect(names.filter { $0.hasSuffix(".sbatch") || $0.hasSuffix(".pbs") }.count == 7, "\(names)")
  }

  @Test("Any command can be given, with arguments, and the script is one of bash")
  func anyCommand() throws {
    for system in ["slurm", "pbs"] {
      let text = try BatchScript([system, "assess", "--images", "a b"]).text
      #expect(text.contains("assess --images a\\ b "), "\(text)")
      let checked = try RunningProcess(["bash", "-n", "-c", text]).wait()
      #expect(checked.exitCode == 0, "\(checked)")
    }
  }

  @Test("Wrong use is refused", arguments: [[], ["slurm"], ["lsf", "train"], ["slurm", "--nodes"], ["pbs", "a;b"]])
  func wrongUse(words: [String]) {
    #expect(throws: LaunchError.self) { _ = try BatchScript(words) }
  }
}
