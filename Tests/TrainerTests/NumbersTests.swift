import Foundation
import Testing

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
      ("10min", true), ("1000000000000000000000000000000min", false), ("\(String(repeating: "9", count: 400))s", false), ("0.5s", true),
    ])
  func intervals(text: String, isOne: Bool) { #expect((CheckpointInterval(text) != nil) == isOne) }

  @Test(
    "A pack's settings that no pack has are refused by their number",
    arguments: [
      ("classes", -1, "classes -1"), ("classes", .max, "classes 9223372036854775807"), ("shorterSide", 0, "shorter side of 0"),
      ("shorterSide", 1 << 40, "shorter side of 1099511627776"), ("quality", 101, "quality of 101"),
      ("pictures", -1, "train -1"), ("pictures", .max, "train"), ("shardPictures", .max, "train 9223372036854775807"),
    ] as [(String, Int, String)])
  func packs(field: String, value: Int, words: String) throws {
    var settings = PackSettings()
    settings.pictures = ["train": 4, "val": 2]
    settings.shardPictures = ["train": 256, "val": 256]
    settings.classes = 3
    var object = try #require(try JSONSerialization.jsonObject(with: Data(settings.json().utf8)) as? [String: Any])
    _ = try PackSettings(json: settings.json(), path: "pack.h5")
    if ["pictures", "shardPictures"].contains(field) { object[field] = ["train": value] } else { object[field] = value }
    let json = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    let error = #expect(throws: DataError.self) { try PackSettings(json: json, path: "pack.h5") }
    #expect(error?.description.contains(words) == true && error?.description.contains("pack.h5") == true, "\(error?.description ?? "")")
  }
}
