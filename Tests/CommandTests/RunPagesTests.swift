import Foundation
import TestSupport
import Testing

@Suite("A run's report and event files, export and import")
struct RunPagesTests {
  @Test("train writes report.html, classes.csv and event files; report and export work from its folder")
  func pages() throws {
    let tiny = try TinyData()
    let files = FileManager.default
    let events = tiny.folder.path("run/tensorboard")
    for (ranks, steps) in [(2, 6), (1, 12)] {
      let result = try runUnderMPI(
        ranks: ranks, tool: "deepinside", arguments: tiny.training("run", steps: steps, ["--tensorboard"]))
      try #require(result.exitCode == 0 && !result.output.contains("no report"), "\(result)")
    }
    let page = try String(contentsOfFile: tiny.folder.path("run/report.html"), encoding: .utf8)
    #expect(page.contains("8 filters of conv1") && page.contains("Errors of each class") && page.contains("s00000002"))
    let classes = try String(contentsOfFile: tiny.folder.path("run/classes.csv"), encoding: .utf8).split(separator: "\n")
    // Two validation pictures of each of three classes, shared out over two ranks.
    #expect(classes.count == 4 && classes.dropFirst().allSatisfy { $0.contains(",2,") }, "\(classes)")
    #expect(try files.contentsOfDirectory(atPath: events).count == 2, "each start has a file of its own")

    try files.removeItem(atPath: tiny.folder.path("run/report.html"))
    let again = try runTool("deepinside", ["report", "--run", tiny.folder.path("run")])
    #expect(again.exitCode == 0, "\(again)")
    let made = try String(contentsOfFile: tiny.folder.path("run/report.html"), encoding: .utf8)
    func undated(_ page: String) -> Substring { page[(page.range(of: "<main>")?.lowerBound ?? page.startIndex)...] }
    #expect(undated(made) == undated(page))

    for format in ["onnx", "safetensors"] {
      let result = try runTool(
        "deepinside",
        ["export", "--checkpoint", tiny.newest("run"), "--format", format, "--output", tiny.folder.path("net.\(format)")])
      #expect(result.exitCode == 0 && files.fileExists(atPath: tiny.folder.path("net.\(format)")), "\(result)")
    }
    let missing = try runTool("deepinside", ["report", "--run", tiny.folder.path("elsewhere")])
    #expect(missing.exitCode == 3 && missing.output.contains("elsewhere"), "\(missing)")
    let damaged = try runTool(
      "deepinside", ["import", "--weights", tiny.newest("run"), "--output", tiny.folder.path("never.h5")])
    #expect(damaged.exitCode == 3 && !files.fileExists(atPath: tiny.folder.path("never.h5")), "\(damaged)")
  }
}
