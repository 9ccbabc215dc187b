import Foundation
import Testing

@testable import Report
@testable import Trainer

/// Numbers of files and options that nobody can have meant.
@Suite struct NumbersTests {
  @Test(
    "A line of metrics that no run writes is left out",
    arguments: [
      (#""step": -9223372036854775808, "epoch": 1"#, false), (#""step": -1, "epoch": 1"#, false),
      (#""step": 9223372036854775807, "epoch": 1"#, false), (#""step": 3, "epoch": 1e300"#, false),
      (#""step": 3, "epoch": -1"#, false), (#""step": 3, "epoch": 1, "seconds": 1e300"#, false),
      (#""step": 3, "epoch": 1, "valTop1Error": -1e40"#, false), (#""step": 3, "epoch": 1, "seconds": 60"#, true),
    ])
  func metrics(fields: String, isRead: Bool) throws {
    let path = FileManager.default.temporaryDirectory.path + "/metrics-\(UUID().uuidString).jsonl"
    defer { unlink(path) }
    let lines = "{\"kind\": \"step\", \"loss\": 2, \(fields)}\n{\"kind\": \"epoch\", \(fields)}\n"
    try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
    var history = RunHistory()
    try history.read(path)
    #expect(history.epochs.count == (isRead ? 1 : 0) && history.steps.filled.count == (isRead ? 1 : 0))
  }

  @Test(
    "Intervals have an end",
    arguments: [
      ("500steps", true), ("0steps", false), ("99999999999999999999steps", false), ("9223372036854775807epochs", false),
      ("10min", true), ("1000000000000000000000000000000min", false), ("\(String(repeating: "9", count: 400))s", false),
      ("0.5s", true),
    ])
  func intervals(text: String, isOne: Bool) { #expect((CheckpointInterval(text) != nil) == isOne) }
}
