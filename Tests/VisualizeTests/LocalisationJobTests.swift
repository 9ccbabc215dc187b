import DataSets
import Foundation
import Images
import TestSupport
import Testing

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
    #expect(lines[0] == "image,rank,wnid,score,xmin,ymin,xmax,ymax" && lines.count == 1 + 9 * 5)
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
    let truth = try readAnnotations(boxes)
    let pictures = try text("submission-pictures.txt", fixture.output).split(separator: "\n").map(String.init)
    let both = [
      try BoxTable.parse(text("boxes.csv", fixture.output), name: "boxes.csv"),
      try SubmissionFile.parse(
        text("submission.txt", fixture.output), images: pictures, numbers: ClassNumbers(contentsOf: list), name: "submission.txt"),
    ]
    for answers in both {
      var score = LocalisationScore()
      for answer in answers { score.add(answers: answer.answers, truth: truth[answer.image]?.boxes ?? []) }
      #expect(try score.all.localisationError == fixture.summary().localisationError)
      #expect(score.all.pictures == 8)
    }
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
    #expect(try text("boxes.csv", stored).split(separator: "\n")[1].hasSuffix(",0,0,32,38"))
  }
}
