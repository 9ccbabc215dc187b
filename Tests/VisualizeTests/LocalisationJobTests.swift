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
