import Foundation
import TestSupport
import Testing

@Suite("Bad files")
struct BadFilesTests {
  /// Spoils every third picture of a split, and gives their names.
  private func damage(_ tiny: TinyData, _ split: String, every: Int) throws -> [String] {
    let root = tiny.data + "/" + split
    var damaged: [String] = []
    let files = try FileManager.default.subpathsOfDirectory(atPath: root).sorted().filter {
      $0.hasSuffix("jpg") || $0.hasSuffix("JPEG")
    }
    for (number, file) in files.enumerated() where number % every == 0 {
      try Data("damaged".utf8).write(to: URL(fileURLWithPath: "\(root)/\(file)"))
      damaged.append(file)
    }
    try #require(!damaged.isEmpty, "\(files)")
    return damaged
  }

  private func run(_ arguments: [String], ranks: Int) throws -> ProcessResult {
    try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: arguments, timeout: 120)
  }

  @Test("Bad training pictures of all ranks are named and judged together", arguments: [1, 2, 3])
  func training(ranks: Int) throws {
    let tiny = try TinyData(imagesPerClass: 12)
    let damaged = try damage(tiny, "train", every: 6)
    let result = try run(tiny.training("run", steps: 9, ["--bad-file-limit", "0.3"]), ranks: ranks)
    #expect(result.exitCode == 0, "\(result)")
    let list = try String(contentsOfFile: tiny.folder.path("run/bad-files.csv"), encoding: .utf8)
    for name in damaged { #expect(result.output.contains(name) && list.contains(name), "\(name) of \(list)") }
    #expect(list.split(separator: "\n").count == damaged.count + 1)

    // A run that has nothing left to do reads no pictures, and the list stays.
    #expect(try run(tiny.training("run", steps: 9, ["--bad-file-limit", "0.3"]), ranks: ranks).exitCode == 0)
    #expect(try String(contentsOfFile: tiny.folder.path("run/bad-files.csv"), encoding: .utf8) == list)

    // Fewer than the share of each rank, more than the share of all.
    let refused = try run(tiny.training("other", steps: 9, ["--bad-file-limit", "0.15"]), ranks: ranks)
    #expect(refused.exitCode == 3, "\(refused)")
    #expect(refused.output.contains("\(damaged.count) of 36 training pictures"), "\(refused)")
  }

  @Test("An evaluation of fewer pictures than there are says so, and above the limit is none", arguments: [1, 2])
  func evaluation(ranks: Int) throws {
    let tiny = try TinyData(imagesPerClass: 20)
    let trained = try run(tiny.training("run", steps: 2), ranks: ranks)
    try #require(trained.exitCode == 0, "\(trained)")
    let damaged = try damage(tiny, "val", every: 4)
    let arguments = ["evaluate", "--checkpoint", tiny.newest("run"), "--data", tiny.data, "--threads", "1"]
    let warned = try run(arguments + ["--bad-file-limit", "0.9"], ranks: ranks)
    #expect(warned.exitCode == 0, "\(warned)")
    #expect(warned.output.contains("warning: \(damaged.count) of 12 evaluated pictures can't be read"), "\(warned)")
    let refused = try run(arguments, ranks: ranks)
    #expect(refused.exitCode == 3 && !refused.output.contains("top-1 error"), "\(refused)")
    _ = try damage(tiny, "val", every: 1)
    let nothing = try run(arguments + ["--bad-file-limit", "1"], ranks: ranks)
    #expect(nothing.exitCode == 3 && nothing.output.contains("none of the 12 pictures"), "\(nothing)")
  }
}
