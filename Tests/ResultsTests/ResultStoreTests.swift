import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Results

/// What a job of these tests says of an item.
private struct Facts: RecordFacts {
  var size: Int?

  var problem: String? { NumberLimits.problem("size", size, NumberLimits.sides) }
}

@Suite("Result folders") struct ResultStoreTests {
  private let folder: TemporaryFolder
  private let store: ResultStore

  init() throws {
    folder = try TemporaryFolder()
    let header = ResultHeader(
      command: "shape", parameters: ["wide": .flag(true)], checkpointSHA256: "ab12", checkpointFile: "best.h5", network: "net",
      input: [3, 4, 4], classCount: 2)
    store = ResultStore(
      folder: folder.path("out"), header: header,
      layout: ResultLayout(
        tables: ["table.csv"], about: ["page.html"], attachments: { ["more/\($0).txt"] }, attachmentFolders: ["more"]))
  }

  private func result(_ item: String, size: Int) -> ItemResult<Facts> {
    ItemResult(
      ResultRecord(
        CommonFacts(item: item, kind: "shape", class: "n1", className: "one", score: 0.1, posterior: 0.5, top5: []),
        Facts(size: size)),
      dataSets: [.init(path: "/values", shape: [2], values: [1, 2])],
      attachments: [("more/\(item).txt", { _ in [7] })], picture: { _ in Self.png })
  }

  /// The beginning and the end of a PNG file.
  private static let png: [UInt8] =
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0] + Array("IEND".utf8) + [0xAE, 0x42, 0x60, 0x82]

  private func source(_ name: String) throws -> PictureSource {
    let path = folder.path(name)
    try Data("pixels of \(name)".utf8).write(to: URL(fileURLWithPath: path))
    return PictureSource(path: FileName(path), name: FileName(name), truth: "n1")
  }

  private func text(_ name: String) throws -> String { try String(contentsOfFile: store.path(name), encoding: .utf8) }

  @Test("the manifest's line is the text in the HDF5 file, and is made again from it") func oneRecord() throws {
    #expect(try store.open(overwrite: false).isEmpty)
    try store.begin(items: ["a", "b"], whole: [:], facts: Facts.self)
    let saved = try store.save(result("a", size: 9), of: source("a.png"))
    try ManifestWriter(store).append(saved.line)
    #expect(try HDF5File.open(at: store.dataPath(of: "a")).attribute("record") == .string(saved.line))
    #expect(try text("manifest.jsonl") == saved.line + "\n" && text("more/a.txt") == "\u{7}")
    let record = try #require(store.recover("a", Facts.self))
    #expect(try record.facts.size == 9 && ResultJSON.text(record) == saved.line)
    unlink(store.path("manifest.jsonl"))
    let whole = try store.open(overwrite: false)
    try store.begin(items: ["a"], whole: whole, facts: Facts.self)
    #expect(try text("manifest.jsonl") == saved.line + "\n")
  }

  @Test("a line that is written anew, because its picture has moved, keeps what the job said") func moved() throws {
    _ = try store.open(overwrite: false)
    try store.begin(items: ["a"], whole: [:], facts: Facts.self)
    try ManifestWriter(store).append(store.save(result("a", size: 9), of: source("a.png")).line)
    let moved = folder.path("elsewhere.png")
    try FileManager.default.moveItem(atPath: folder.path("a.png"), toPath: moved)
    var earlier = EarlierResults(try store.open(overwrite: false))
    let now = PictureSource(path: FileName(moved), name: "a.png", truth: "n1")
    #expect(try earlier.items(of: [now]) == ["a"] && earlier.take("a", of: now))
    try store.begin(items: ["a"], whole: earlier.whole, facts: Facts.self)
    var found: [ResultRecord<Facts>] = []
    try Manifest(of: store.folder).forEach(Facts.self) { record, _ in found.append(record) }
    #expect(found.map(\.source) == [moved] && found.map(\.facts.size) == [9])
    // With another class it is out of date.
    var other = now
    other.truth = "n2"
    #expect(try !earlier.take("a", of: other) && earlier.outdated == 1)
  }

  @Test("a result with a file that is cut or empty is made again, and named by those who read it", arguments: ["h5", "png"])
  func damaged(ending: String) throws {
    _ = try store.open(overwrite: false)
    try store.begin(items: ["a", "b", "c"], whole: [:], facts: Facts.self)
    let manifest = try ManifestWriter(store)
    for item in ["a", "b", "c"] { try manifest.append(store.save(result(item, size: 9)).line) }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: store.path("a.\(ending)")))
    for (item, length) in [("a", bytes.count - 1), ("b", 0)] {
      try bytes.prefix(length).write(to: URL(fileURLWithPath: store.path("\(item).\(ending)")))
    }
    let error = #expect(throws: ResultsError.self) {
      try ResultDamage.refuse(["c", "b", "a"], in: store.folder, madeBy: "shape")
    }
    let text = error?.description ?? ""
    #expect(text.contains("2 results are damaged") && text.contains(store.path("b.\(ending): it is empty")), "\(text)")
    #expect(text.contains("run shape with"), "\(text)")
    if ending == "h5" {
      for item in ["a", "b", "none"] {
        let error = #expect(throws: ResultsError.self) { _ = try ResultDamage.open(item, in: store.folder, madeBy: "shape") }
        #expect(error?.description.contains(store.dataPath(of: item)) == true, "\(String(describing: error))")
      }
    }
    var earlier = EarlierResults(try store.open(overwrite: false))
    // They keep their names.
    #expect(earlier.items(named: ["a", "b", "c"]) == ["a", "b", "c"])
    #expect(try [earlier.take("a", of: nil), earlier.take("c", of: nil)] == [false, true] && earlier.damaged == 1)
    try store.begin(items: ["a", "c"], whole: earlier.whole, facts: Facts.self)
    #expect(try Manifest(of: store.folder).latest().keys.sorted() == ["c"])
  }

  @Test("lines that are torn, or have numbers that nobody can have meant, don't count") func badLines() throws {
    _ = try store.open(overwrite: false)
    try store.begin(items: ["a"], whole: [:], facts: Facts.self)
    let line = try store.save(result("a", size: 9)).line
    let lines = [line, line.replacing(":9", with: ":-9"), String(line.prefix(40))]
    try lines.joined(separator: "\n").write(toFile: store.path("manifest.jsonl"), atomically: true, encoding: .utf8)
    var count = 0
    try Manifest(of: store.folder).forEach(Facts.self) { _, _ in count += 1 }
    #expect(count == 1)
    // Who doesn't ask for the job's own doesn't look at it.
    count = 0
    try Manifest(of: store.folder).forEach { _, _ in count += 1 }
    #expect(count == 2)
  }

  @Test("overwriting removes what the layout says, and nothing else") func overwriting() throws {
    _ = try store.open(overwrite: false)
    try store.begin(items: ["a"], whole: [:], facts: Facts.self)
    try ManifestWriter(store).append(store.save(result("a", size: 9)).line)
    for name in ["table.csv", "page.html", "mine.txt"] { try Data().write(to: URL(fileURLWithPath: store.path(name))) }
    let counts = RunCounts(
      command: "shape", total: 1, done: 0, skipped: 0, failed: 0, failures: [], warnings: [], seconds: 0, itemsPerSecond: 0,
      ranks: 1, stopped: false)
    try store.beginRun(RunSummary(counts, Facts(size: 3)))
    let files = FileManager.default
    #expect(!files.fileExists(atPath: store.path("table.csv")))
    #expect(try text("summary.json").contains("\"size\" : 3") && text("summary.json").contains("\"unfinished\" : true"))
    #expect(try store.open(overwrite: true).isEmpty)
    #expect(try files.subpathsOfDirectory(atPath: store.folder) == ["mine.txt"])
  }

  @Test("a folder of somebody else's files is refused") func foreign() throws {
    _ = try store.open(overwrite: false)
    for name in ["a.h5", "page.html"] {
      try Data().write(to: URL(fileURLWithPath: store.path(name)))
      let error = #expect(throws: ResultsError.self) { try store.begin(items: ["a"], whole: [:], facts: Facts.self) }
      #expect(error?.kind == .wrongUse && error?.description.contains(name) == true)
      unlink(store.path(name))
    }
  }

  @Test("A class's name that looks like a number stays a text") func parameterValues() throws {
    let values: [ParameterValue] = [.text("nan"), .text("inf"), .text("7"), .number(7.0), .flag(true)]
    #expect(ResultJSON.value([ParameterValue].self, try ResultJSON.text(values)) == values)
  }
}
