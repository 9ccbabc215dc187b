import Foundation
import Images
import TestSupport
import Testing

@testable import Gallery
@testable import Results
@testable import Visualize

@Suite("Many results") struct ManyResultsTests {
  private func sources(_ count: Int) -> [String] { (0..<count).map { "/pictures/p\($0).jpg" } }

  private func save(_ made: MadeUpResults, _ items: [String]) throws {
    let picture = Picture(width: 2, height: 2, pixels: [UInt8](repeating: 9, count: 12))
    let manifest = try ManifestWriter(made.store)
    for (index, item) in items.enumerated() {
      let record = made.record(item, index, source: "/pictures/\(ItemNames.name(of: item)).jpg")
      try manifest.append(made.save(record, [0, 1, 2, 3], of: picture))
    }
  }

  @Test("A flat folder that grows is gone on with: the whole stays, the new goes into sub-folders") func growth() throws {
    let made = try MadeUpResults(SaliencyJob.command)
    #expect(try made.store.open(overwrite: false).isEmpty)
    try made.store.begin(items: ["p0", "p1", "p2"], whole: [:], facts: NoFacts.self)
    try save(made, ["p0", "p1", "p2"])
    try FileManager.default.removeItem(atPath: made.store.picturePath(of: "p2"))
    let whole = try made.store.open(overwrite: false)
    #expect(Set(whole.keys) == ["p0", "p1"])
    let existing = Dictionary(uniqueKeysWithValues: whole.map { ($0.value.source ?? "", $0.key) })
    let items = ItemNames.names(for: sources(1200), existing: existing)
    #expect(items[0] == "p0" && items[1] == "p1" && items[2].hasSuffix("/p2"))
    try made.store.begin(items: items, whole: whole, facts: NoFacts.self)
    try save(made, Array(items[2...5]))
    // Of two in sub-folders the manifest has lost the lines, one of them torn.
    let path = made.store.path(ResultStore.manifestFile)
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    try (lines.prefix(4).joined(separator: "\n") + "\n" + lines[4].prefix(40)).write(
      toFile: path, atomically: true, encoding: .utf8)
    let found = try made.store.open(overwrite: false)
    #expect(Set(found.keys) == Set(items.prefix(6)))
    #expect(found.values.filter { $0.line == nil }.count == 2)
    try made.store.begin(items: items, whole: found, facts: NoFacts.self)
    var again: [String] = []
    try Manifest(of: made.store.folder).forEach { record, _ in again.append(record.item) }
    #expect(again == items.prefix(6).sorted())
    #expect(try made.store.open(overwrite: false).values.allSatisfy { $0.line != nil })
  }

  @Test("Overwriting empties sub-folders of results, and of nothing else") func overwrite() throws {
    let made = try MadeUpResults(SaliencyJob.command)
    let files = FileManager.default
    _ = try made.store.open(overwrite: false)
    let items = ["c7/cat", "c7/dog", "00/owl", "fox"]
    try made.store.begin(items: items, whole: [:], facts: NoFacts.self)
    try save(made, items)
    for item in items {
      try made.store.makeFolder(of: made.store.path(LocalisationJob.maskFile(of: item, rank: 1)))
      try Data("mask".utf8).write(to: URL(fileURLWithPath: made.store.path(LocalisationJob.maskFile(of: item, rank: 1))))
    }
    try Data("mine".utf8).write(to: URL(fileURLWithPath: made.store.path("c7/notes.txt")))
    // A result that the manifest doesn't list is found by its file.
    let kept = try String(contentsOfFile: made.store.path(ResultStore.manifestFile), encoding: .utf8).split(separator: "\n")
    try (kept.dropFirst().joined(separator: "\n") + "\n").write(
      toFile: made.store.path(ResultStore.manifestFile), atomically: true, encoding: .utf8)
    #expect(try made.store.open(overwrite: true).isEmpty)
    #expect(try files.subpathsOfDirectory(atPath: made.store.folder).sorted() == ["c7", "c7/notes.txt"])
  }

  @Test("A manifest doesn't lead out of the folder, and neither does a link in a sub-folder's place") func hostile() throws {
    let made = try MadeUpResults(SaliencyJob.command)
    let files = FileManager.default
    _ = try made.store.open(overwrite: false)
    try made.store.begin(items: ["cat"], whole: [:], facts: NoFacts.self)
    try save(made, ["cat"])
    let outside = made.folder.path("outside")
    try files.createDirectory(atPath: outside, withIntermediateDirectories: true)
    for ending in ["h5", "png"] {
      try files.copyItem(atPath: made.store.path("cat.\(ending)"), toPath: "\(outside)/victim.\(ending)")
    }
    try files.createSymbolicLink(atPath: made.store.path("ab"), withDestinationPath: outside)
    var lines = try String(contentsOfFile: made.store.path(ResultStore.manifestFile), encoding: .utf8)
    for item in ["../outside/victim", "\(outside)/victim", "ab/victim", "ab/../../outside/victim"] {
      lines += try ResultJSON.text(made.record(item, 1)) + "\n"
    }
    try lines.write(toFile: made.store.path(ResultStore.manifestFile), atomically: true, encoding: .utf8)
    #expect(try gallery(results: made.store.folder) == 2)
    let page = try String(contentsOfFile: made.store.path(GalleryFiles.indexFile), encoding: .utf8)
    #expect(page.contains("src=\"ab/victim.png\"") && !page.contains("outside"))
    #expect(try made.store.open(overwrite: true).isEmpty)
    #expect(try files.contentsOfDirectory(atPath: outside).sorted() == ["victim.h5", "victim.png"])
    #expect(try files.contentsOfDirectory(atPath: made.store.folder) == ["ab"])
  }

  @Test("A job over more than 1000 pictures adds sub-folders to a folder that began flat") func job() throws {
    let fixture = try ResultFixture()
    try fixture.writePicture("p0.png", seed: 0)
    #expect(try fixture.saliency().output.contains("done 1 skipped 0 failed 0"))
    // A thousand of the same picture; but for the last two it is as if they had been done, too.
    var record: ResultRecord<NoFacts>?
    try Manifest(of: fixture.output).forEach { found, _ in record = found }
    var copy = try #require(record)
    var lines = try ResultJSON.text(copy) + "\n"
    func copyFile(_ source: String, _ target: String) throws {
      let bytes = try #require(FileManager.default.contents(atPath: source))
      try bytes.write(to: URL(fileURLWithPath: target))
    }
    for index in 1...1001 {
      let picture = "\(fixture.pictures)/p\(index).png"
      try copyFile("\(fixture.pictures)/p0.png", picture)
      guard index < 1000 else { continue }
      (copy.item, copy.source) = ("p\(index)", copy.source?.replacing(/p[0-9]+\.png$/, with: "p\(index).png"))
      lines += try ResultJSON.text(copy) + "\n"
      for ending in ["h5", "png"] { try copyFile("\(fixture.output)/p0.\(ending)", "\(fixture.output)/p\(index).\(ending)") }
    }
    try lines.write(toFile: "\(fixture.output)/manifest.jsonl", atomically: true, encoding: .utf8)
    let result = try fixture.saliency(ranks: 2)
    #expect(result.output.contains("done 2 skipped 1000 failed 0"), "\(result)")
    let items = try fixture.manifest()
    #expect(items.count == 1002 && items.filter { $0.contains("/") }.map(ItemNames.name).sorted() == ["p1000", "p1001"])
    let expected = try fixture.data("p0", "/map").values
    #expect(try distance(fixture.data(try #require(items.last), "/map").values, expected) <= 1e-3 * rms(expected))
    #expect(try fixture.saliency().output.contains("done 0 skipped 1002 failed 0"))
    // Wherever its files are, an item draws the same random numbers.
    #expect(WorkItem(name: "c7/p0").stream == WorkItem(name: "p0").stream && WorkItem(name: "p0").stream == ItemNames.hash("p0"))
  }
}
