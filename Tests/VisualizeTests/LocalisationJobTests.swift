import Answers
import DataSets
import Files
import Foundation
import Images
import TestSupport
import Testing

@testable import Results
@testable import Visualize

@Suite("Localisation jobs", .serialized)
struct LocalisationJobTests {
  /// Nine pictures val_00000001 … 9 of random pixels; all but the last have boxes, of two classes.
  private func fixture() throws -> ResultFixture {
    let fixture = try ResultFixture()
    let folder = fixture.folder.path("boxes")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for index in 1...9 {
      let name = "val_0000000\(index)"
      try fixture.writePicture(name + ".png", seed: UInt64(index), width: 30 + 3 * index, height: 40 - index)
      guard index < 9 else { continue }
      let box = BoundingBox(wnid: ResultFixture.classes[index % 2], xmin: 2, ymin: 3, xmax: 20 + index, ymax: 25)
      let annotation = Annotation(width: 30 + 3 * index, height: 40 - index, boxes: [box])
      try annotation.xml(folder: "val", name: name).write(toFile: "\(folder)/\(name).xml", atomically: true, encoding: .utf8)
    }
    return fixture
  }

  private func text(_ name: String, _ output: String) throws -> String {
    try String(contentsOfFile: "\(output)/\(name)", encoding: .utf8)
  }

  @Test("boxes, masks and errors are the same on 1, 2 and 4 ranks, and hold what they should")
  func ranks() throws {
    let fixture = try fixture()
    var tables: Set<String> = []
    for ranks in [1, 2, 4] {
      let output = fixture.folder.path("out\(ranks)")
      let result = try fixture.localise(
        ranks: ranks, output: output, "annotations=\(fixture.folder.path("boxes"))", "blacklist=3")
      #expect(result.exitCode == 0 && result.output.contains("done 9 skipped 0 failed 0"), "\(result)")
      tables.insert(try text("boxes.csv", output))
      let summary = try fixture.summary(output: output)
      #expect(summary.picturesWithBoxes == 7 && summary.blacklisted == 1)
      #expect(summary.localisationError?.count == 5 && summary.classificationError?.count == 5)
      #expect(summary.secondsByPhase?["backward"] ?? 0 > 0)
    }
    #expect(tables.count == 1)
    let output = fixture.folder.path("out1")
    let lines = try text("boxes.csv", output).split(separator: "\n")
    #expect(lines[0] == "image,rank,wnid,score,xmin,ymin,xmax,ymax,picture,width,height,orientation" && lines.count == 1 + 9 * 5)
    #expect(lines[1].hasPrefix("val_00000001,1,n0000000") && lines[45].hasPrefix("val_00000009,5,"))
    for index in 1...9 {
      let item = "val_0000000\(index)"
      let maps = try fixture.data(item, "/maps", output: output)
      #expect(maps.shape[0] == 5 && maps.values.allSatisfy { $0.isFinite && $0 >= 0 })
      for rank in 1...5 {
        let mask = try Picture(contentsOf: "\(output)/masks/\(item)-\(rank).png")
        #expect(mask.size == PictureSize(width: 30 + 3 * index, height: 40 - index))
        #expect(Set(mask.pixels).isSubset(of: [0, 255]))
      }
    }
    #expect(try text("index.html", output).contains("by IoU"))
    #expect(try text("classes.csv", output).contains("\nall,all,7,"))
  }

  @Test("the error is that of the boxes in boxes.csv, through the devkit's file as well")
  func score() throws {
    let fixture = try fixture()
    let boxes = fixture.folder.path("boxes")
    let list = fixture.folder.path("words.txt")
    try ResultFixture.classes.joined(separator: " x\n").write(toFile: list, atomically: true, encoding: .utf8)
    #expect(try fixture.localise("annotations=\(boxes)", "list=\(list)").exitCode == 0)
    let truth = try AnnotationSet(contentsOf: boxes)
    for (answers, pictures) in [("boxes.csv", nil), ("submission.txt", "submission-pictures.txt")] {
      let names = try pictures.map { try TextList(contentsOf: "\(fixture.output)/\($0)") }
      let found = try AnswerScore(
        answers: "\(fixture.output)/\(answers)", annotations: truth, classList: ClassNumbers(contentsOf: list), pictures: names)
      #expect(try found.score.all.localisationError == fixture.summary().localisationError)
      #expect(found.score.all.pictures == 8 && found.faults.isEmpty)
      #expect(found.warnings.map { $0.contains("no annotation and is left out: val_00000009") } == [true])
    }
  }

  @Test("pictures that were resized and turned since, and of one name in two folders, have one error by localise and by score")
  func oneError() throws {
    let fixture = try ResultFixture()
    let boxes = fixture.folder.path("boxes")
    for (index, wnid) in ResultFixture.classes.prefix(3).enumerated() {
      try fixture.writePicture("\(wnid)/p.png", seed: UInt64(index), width: 40 + index, height: 30)
      try FileManager.default.createDirectory(atPath: "\(boxes)/\(wnid)", withIntermediateDirectories: true)
      let box = BoundingBox(wnid: wnid, xmin: 3, ymin: 0, xmax: 70 - 30 * index, ymax: 59 - 20 * index)
      try Annotation(width: 80, height: 60, boxes: [box]).xml(folder: "", name: "p")
        .write(toFile: "\(boxes)/\(wnid)/p.xml", atomically: true, encoding: .utf8)
    }
    let file = URL(fileURLWithPath: "\(fixture.pictures)/\(ResultFixture.classes[0])/p.png")
    try turned(Data(contentsOf: file), 6).write(to: file)
    #expect(try fixture.localise("annotations=\(boxes)", "box=whole").exitCode == 0)
    let summary = try fixture.summary()
    #expect(summary.picturesWithBoxes == 3 && summary.total == 3)
    let found = try AnswerScore(
      answers: "\(fixture.output)/boxes.csv", annotations: AnnotationSet(contentsOf: boxes), classList: nil, pictures: nil)
    #expect(found.score.all.localisationError == summary.localisationError && found.score.all.pictures == 3)
    #expect(try text("boxes.csv", fixture.output).contains(",\(ResultFixture.classes[0])/p.png,30,40,6\n"))
  }

  /// A PNG file with an EXIF orientation before its pixels.
  private func turned(_ png: Data, _ orientation: UInt8) -> Data {
    let chunk = Array("eXIfMM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
    func number(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    let sum = chunk.withUnsafeBytes { crc32(of: $0) }
    let bytes = [UInt8](png)
    return Data(Array(bytes[..<33]) + number(UInt32(chunk.count - 4)) + chunk + number(sum) + Array(bytes[33...]))
  }

  @Test("pictures that lie elsewhere now are recognised, others of the same names aren't; stored maps are found for them too")
  func moved() throws {
    let fixture = try fixture()
    #expect(try fixture.localise("annotations=\(fixture.folder.path("boxes"))").exitCode == 0)
    let before = try text("boxes.csv", fixture.output)
    let elsewhere = fixture.folder.path("elsewhere")
    try FileManager.default.moveItem(atPath: fixture.pictures, toPath: elsewhere)
    try FileManager.default.createSymbolicLink(atPath: fixture.pictures, withDestinationPath: elsewhere)
    // The link is another path to the same files; what is given is the place behind it.
    func localise(_ pictures: String, _ output: String, _ options: String...) throws -> ProcessResult {
      try runTool("rank-checks", ["visualize-localise", fixture.checkpoint, output, pictures] + options)
    }
    let boxes = "annotations=\(fixture.folder.path("boxes"))"
    #expect(try localise(elsewhere, fixture.output, boxes).output.contains("done 0 skipped 9"))
    #expect(try text("boxes.csv", fixture.output) == before && fixture.manifest().count == 9)
    #expect(try text("manifest.jsonl", fixture.output).contains("elsewhere/val_00000001.png"))
    #expect(try localise(elsewhere, fixture.folder.path("stored"), boxes, "saliency=\(fixture.output)").exitCode == 0)

    let other = try ResultFixture()
    try other.writePicture("val_00000001.png", seed: 99, width: 33, height: 39)
    #expect(try localise(other.pictures, fixture.folder.path("none"), "saliency=\(fixture.output)").exitCode == 1)
    try other.writePicture("val_00000009.png", seed: 9, width: 57, height: 31)
    let result = try localise(other.pictures, fixture.output, "annotations=\(fixture.folder.path("boxes"))")
    #expect(result.output.contains("done 1 skipped 1"), "\(result)")
    #expect(try fixture.manifest().count == 10)
  }

  @Test("pictures whose boxes were corrected are made again, and those alone: page, table and summary agree")
  func corrected() throws {
    let fixture = try fixture()
    let boxes = fixture.folder.path("boxes")
    #expect(try fixture.localise("annotations=\(boxes)", "box=whole").exitCode == 0)
    let whole = BoundingBox(wnid: ResultFixture.classes[1], xmin: 0, ymin: 0, xmax: 32, ymax: 38)
    try Annotation(width: 33, height: 39, boxes: [whole]).xml(folder: "val", name: "x")
      .write(toFile: "\(boxes)/val_00000001.xml", atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(atPath: "\(boxes)/val_00000002.xml")
    let result = try fixture.localise("annotations=\(boxes)", "box=whole")
    #expect(result.output.contains("done 2 skipped 7"), "\(result)")
    #expect(try fixture.summary().picturesWithBoxes == 7 && fixture.manifest().count == 9)
    var records: [String: LocalisationFacts] = [:]
    try Manifest(of: fixture.output).forEach(LocalisationFacts.self) { record, _ in records[record.item] = record.facts }
    #expect(records["val_00000001"]?.truthBoxes == [whole] && records["val_00000002"]?.truthBoxes == nil)
    #expect(try fixture.localise("annotations=\(boxes)", "box=whole").output.contains("done 0 skipped 9"))
  }

  @Test(
    "any saliency method feeds it, and gives the maps that saliency makes", arguments: ["grad-cam", "smoothgrad", "occlusion"])
  func methods(method: String) throws {
    let fixture = try ResultFixture()
    for index in 0..<2 { try fixture.writePicture("p\(index).png", seed: UInt64(index), width: 40) }
    #expect(try fixture.localise("method=\(method)").exitCode == 0)
    var classes: [String: String] = [:]
    try Manifest(of: fixture.output).forEach { record, _ in classes[record.item] = record.top5[0].class }
    let other = try fixture.localise("method=gradient")
    #expect(other.exitCode == 2 && other.output.contains("method was \(method), is gradient"), "\(other)")
    for (item, wnid) in classes {
      let output = fixture.folder.path("of-\(item)")
      #expect(try fixture.saliency(output: output, "method=\(method)", "crops=10", "class=\(wnid)").exitCode == 0)
      let expected = try fixture.data(item, "/map", output: output)
      let found = try fixture.data(item, "/maps")
      #expect(Array(found.shape.dropFirst()) == expected.shape)
      let first = Array(found.values.prefix(expected.values.count))
      #expect(distance(first, expected.values) <= 1e-3 * rms(expected.values), "\(item)")
    }
  }

  @Test("bad annotations end nothing, and are named in the summary")
  func faults() throws {
    let fixture = try fixture()
    let boxes = fixture.folder.path("boxes")
    try "<annotation>".write(toFile: "\(boxes)/val_00000001.xml", atomically: true, encoding: .utf8)
    #expect(try fixture.localise(ranks: 2, "annotations=\(boxes)", "box=whole").exitCode == 0)
    let summary = try fixture.summary()
    #expect(summary.picturesWithBoxes == 7 && summary.done == 9 && summary.annotationFaults?.map(\.file) == ["val_00000001.xml"])
  }

  @Test("boxes that were drawn in a larger picture move with it; those of no picture are a clear error")
  func otherSize() throws {
    let fixture = try ResultFixture()
    let boxes = fixture.folder.path("boxes")
    try FileManager.default.createDirectory(atPath: boxes, withIntermediateDirectories: true)
    try fixture.writePicture("p.png", seed: 1, width: 40, height: 30)
    func annotate(_ name: String) throws {
      let box = BoundingBox(wnid: ResultFixture.classes[0], xmin: 0, ymin: 0, xmax: 399, ymax: 299)
      try Annotation(width: 400, height: 300, boxes: [box]).xml(folder: "val", name: name)
        .write(toFile: "\(boxes)/\(name).xml", atomically: true, encoding: .utf8)
    }
    try annotate("q")
    let lost = try fixture.localise("annotations=\(boxes)")
    #expect(lost.exitCode == 3 && lost.output.contains("none of the 1 pictures has a box"), "\(lost)")
    #expect(!FileManager.default.fileExists(atPath: fixture.output))
    try annotate("p")
    #expect(try fixture.localise("annotations=\(boxes)", "box=whole").exitCode == 0)
    let summary = try fixture.summary()
    // The whole picture is the box: an error of the place there can't be.
    #expect(summary.localisationError == summary.classificationError && summary.picturesWithBoxes == 1)
    #expect(summary.localisationError?.last == 0, "the class is among the five")
    #expect(try fixture.localise("annotations=\(boxes)", "box=whole").output.contains("done 0 skipped 1"))
    #expect(try fixture.summary().localisationError == summary.localisationError)
  }

  @Test("maps aren't taken from the folder that is to be written over")
  func ownMaps() throws {
    let fixture = try fixture()
    #expect(try fixture.localise().exitCode == 0)
    let before = try fixture.files()
    let result = try fixture.localise("saliency=\(fixture.output)/../out", "box=centre", "overwrite")
    #expect(result.exitCode == 2 && result.output.contains("choose another --output"), "\(result)")
    #expect(try fixture.files() == before)
  }

  @Test("a killed run gives the same boxes when it is run again; so do stored maps, and other boxes of them")
  func resume() throws {
    let fixture = try fixture()
    #expect(try fixture.localise().exitCode == 0)
    let whole = try text("boxes.csv", fixture.output)
    let output = fixture.folder.path("killed")
    #expect(try fixture.localise(ranks: 2, output: output, "die=4").exitCode != 0)
    #expect(!FileManager.default.fileExists(atPath: "\(output)/boxes.csv"))
    let result = try fixture.localise(ranks: 2, output: output)
    #expect(result.exitCode == 0 && !result.output.contains("skipped 0"), "\(result)")
    #expect(try text("boxes.csv", output) == whole)

    let stored = fixture.folder.path("stored")
    #expect(try fixture.localise(output: stored, "saliency=\(fixture.output)").exitCode == 0)
    #expect(try text("boxes.csv", stored) == whole)
    #expect(try fixture.summary(output: stored).secondsByPhase?["forward"] == 0)
    let refused = try fixture.localise("box=centre")
    #expect(refused.exitCode == 2 && refused.output.contains("box was graphcut"), "\(refused)")
    #expect(try fixture.localise(output: stored, "saliency=\(fixture.output)", "box=whole", "overwrite").exitCode == 0)
    #expect(try text("boxes.csv", stored).split(separator: "\n")[1].hasSuffix(",0,0,32,38,val_00000001.png,33,39,1"))
  }
}
