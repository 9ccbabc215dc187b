import DataSets
import Foundation
import Images
import TestSupport
import Testing

@testable import Attribution
@testable import Results
@testable import Visualize

/// For each file of a result folder numbers that nobody can have meant, and the words that refuse them.
@Suite struct CheckedNumbersTests {
  private func problem<Value: Codable>(_ value: Value, _ path: [any Hashable], _ spoilt: Any) throws -> String? {
    let folder = try TemporaryFolder()
    let file = folder.path("file.json")
    func changed(_ node: Any, _ path: ArraySlice<any Hashable>) throws -> Any {
      guard let first = path.first else { return spoilt }
      if let index = first as? Int {
        var list = try #require(node as? [Any])
        list[index] = try changed(list[index], path.dropFirst())
        return list
      }
      var object = try #require(node as? [String: Any])
      let name = try #require(first as? String)
      object[name] = try changed(object[name] ?? NSNull(), path.dropFirst())
      return object
    }
    let whole = try JSONSerialization.jsonObject(with: Data(ResultJSON.text(value).utf8))
    try Data(ResultJSON.text(value).utf8).write(to: URL(fileURLWithPath: file))
    #expect(try ResultJSON.file(Value.self, file) != nil)
    try JSONSerialization.data(withJSONObject: changed(whole, path[...])).write(to: URL(fileURLWithPath: file))
    do {
      _ = try ResultJSON.file(Value.self, file)
      return nil
    } catch {
      #expect(error.kind == .badData && error.description.contains(file))
      return error.description
    }
  }

  private func header() throws -> ResultHeader {
    let net = TrainedNetwork(
      parameters: try smallNet(), mean: [Float](repeating: 0, count: 768), classes: ["n1", "n2", "n3", "n4", "n5"],
      classNames: ["a", "b", "c", "d", "e"], digest: "00", fileName: "best.h5")
    return ResultHeader(
      command: ClassModelJob.command, parameters: ["samples": .number(Double(4)), "cut_side": .number(Double(128))], net: net,
      compute: .init())
  }

  @Test("parameters.json") func headers() throws {
    let header = try header()
    for (path, value, words) in [
      (["input", 2], 9_000_000_000_000_000_000, "input"), (["input", 1], 0, "input"), (["input", 0], -3, "input"),
      (["input"], [3, 64], "input [3, 64]"), (["classCount"], -1, "classCount -1"), (["classCount"], Int.max, "classCount"),
      (["parameters", "seed"], 1e300, "seed"),
    ] as [([any Hashable], Any, String)] {
      let found = try problem(header, path, value)
      #expect(found?.contains(words) == true, "\(path): \(found ?? "read")")
    }
    for (value, words) in [(1e300, "1e+300"), (0, "found 0"), (-4, "found -4"), (2.5, "found 2.5"), (Double.nan, "nan")] {
      var spoilt = header
      spoilt.parameters["samples"] = .number(value)
      let error = #expect(throws: ResultsError.self) { try spoilt.count("samples", in: 1...64, folder: "out") }
      #expect(
        error?.description.contains("out/parameters.json") == true && error?.description.contains(words) == true,
        "\(error?.description ?? "")")
    }
    #expect(try header.count("samples", in: 1...64, folder: "out") == 4)
    #expect(throws: ResultsError.self) { try header.count("other", in: 1...64, folder: "out") }
  }

  @Test("rendering.json") func renderings() throws {
    for (field, value) in [
      ("percentile", 1e300), ("percentile", 0), ("percentile", -1), ("gamma", 0), ("gamma", 1e30), ("overlay", 5), ("overlay", 0),
      ("overlay", -1),
    ] as [(String, Double)] {
      let found = try problem(SaliencyRendering(overlay: 0.5), [field], value)
      #expect(found?.contains(field) == true, "\(field) \(value): \(found ?? "read")")
    }
    // Written as a text, as numbers that are none are.
    #expect(
      try problem(SaliencyRendering(), ["percentile"], "nan") != nil && problem(SaliencyRendering(), ["gamma"], "inf") != nil)
  }

  @Test("A line of the manifest") func records() throws {
    var facts = LocalisationFacts()
    let box = BoundingBox(wnid: "n1", xmin: 1, ymin: 2, xmax: 3, ymax: 4)
    (facts.width, facts.height, facts.truthBoxes) = (40, 30, [box])
    facts.answers = [.init(box: box, score: 1, overlap: 0.5, note: nil)]
    let record = ResultRecord(
      CommonFacts(
        item: "p", kind: LocalisationJob.command, class: "n1", className: "one", score: 1, posterior: 0.5, top5: []), facts)
    for (path, value, words) in [
      (["answers", 0, "box", "xmax"], Int.min, "isn't as"), (["answers", 0, "box", "xmin"], 1 << 40, "isn't as"),
      (["truthBoxes", 0, "ymin"], 9, "isn't as"), (["answers", 0, "overlap"], 7, "overlap"), (["width"], 0, "width 0"),
      (["height"], Int.max, "height"), (["height"], -1, "height -1"),
    ] as [([any Hashable], Any, String)] {
      let found = try problem(record, path, value)
      #expect(found?.contains(words) == true, "\(path): \(found ?? "read")")
    }
  }

  @Test("summary.json") func summaries() throws {
    var summary = JobSummary(
      RunCounts(
        command: LocalisationJob.command, total: 4, done: 4, skipped: 0, failed: 0, failures: [], warnings: [], seconds: 1,
        itemsPerSecond: 4, ranks: 1, stopped: false), JobFindings())
    (summary.localisationError, summary.picturesWithBoxes) = ([0.5, 0.4, 0.3, 0.2, 0.1], 4)
    for (path, value, words) in [
      (["done"], -1, "done -1"), (["total"], Int.max, "total"), (["picturesWithBoxes"], -4, "picturesWithBoxes"),
      (["localisationError", 2], 1.5, "localisationError"),
    ] as [([any Hashable], Any, String)] {
      let found = try problem(summary, path, value)
      #expect(found?.contains(words) == true, "\(path): \(found ?? "read")")
    }
  }

  @Test("The strongest pictures") func strongest() throws {
    var strongest = StrongestPictures(origin: ["x"], channels: 2)
    strongest.add(.init(path: "p.png", unit: LayerUnit(channel: 1, y: 2, x: 3, activation: 4)), keeping: 3)
    for (path, value) in [
      (["channels", 1, 0, "unit", "channel"], 7), (["channels", 1, 0, "unit", "y"], -1),
      (["channels", 1, 0, "unit", "x"], Int.min),
    ] as [([any Hashable], Int)] {
      let found = try problem(strongest, path, value)
      #expect(found?.contains("the unit") == true, "\(path): \(found ?? "read")")
    }
    #expect(strongest.fits(.init(channels: 2, height: 3, width: 4)) && !strongest.fits(.init(channels: 2, height: 2, width: 4)))
    #expect(!strongest.fits(.init(channels: 3, height: 3, width: 4)))
  }

  @Test(
    "Sizes of pictures that come from files",
    arguments: [(0, 5, 3), (5, -1, 3), (5, 5, 0), (.max, .max, 3), (5, 5, .max), (1, 1 << 40, 3)])
  func sizes(width: Int, height: Int, side: Int) {
    #expect(throws: ImageError.self) { try PictureSize(width: width, height: height).scaled(shorterSide: side) }
  }
}
