import ConvNet
import Data
import DataSets
import Foundation
import HDF5
import Images
import Results
import Testing

@testable import Visualize

@Suite(.serialized) struct AssessmentTests {
  @Test("A hit lies within 15 pixels of a box, in the file's pixels") func pointing() throws {
    // 448×448 pixels, tested at 256 with a crop of 224 from (16, 16): a pixel of the crop is 1.75 of the file.
    let picture = try TestPicture(
      Picture(width: 448, height: 448, pixels: [UInt8](repeating: 0, count: 448 * 448 * 3)),
      geometry: InputGeometry(crop: 224))
    var map = [Float](repeating: 0, count: 224 * 224)
    map[100 * 224 + 50] = 1  // at ((16 + 50.5)·1.75, (16 + 100.5)·1.75) = (116.375, 203.875)
    func hits(_ x: Int, _ y: Int) -> Bool {
      PointingGame.hits(map, of: picture, boxes: [BoundingBox(wnid: "n1", xmin: x, ymin: y, xmax: x + 9, ymax: y + 9)])
    }
    #expect(hits(110, 200))
    #expect(hits(131, 200) && !hits(132, 200))  // 14.6 and 15.6 pixels away
    #expect(hits(92, 200) && !hits(91, 200))  // the box ends before 102: 14.4; before 101: 15.4
    #expect(!hits(131, 215))  // √(14.6² + 11.1²)
    // Drawn in a picture of half the size.
    let small = BoundingBox(wnid: "n1", xmin: 55, ymin: 100, xmax: 64, ymax: 109)
    let boxes = Annotation(width: 224, height: 224, boxes: [small]).boxes(in: PictureFrame(width: 448, height: 448)).boxes
    #expect(PointingGame.hits(map, of: picture, boxes: boxes) && !PointingGame.hits(map, of: picture, boxes: [small]))
  }

  @Test("The tables are the same on 1 and 3 ranks, and after a run that was cut short") func ranks() throws {
    let fixture = try ResultFixture()
    let annotations = fixture.folder.path("annotations")
    try FileManager.default.createDirectory(atPath: annotations, withIntermediateDirectories: true)
    for index in 0..<6 {
      try fixture.writePicture("p\(index).png", seed: UInt64(index))
      // The last has a class that the net doesn't know: it is left out.
      let box = BoundingBox(wnid: index == 5 ? "n99999999" : "n0000000\(index + 1)", xmin: 2, ymin: 3, xmax: 12, ymax: 11)
      let xml = Annotation(width: 40, height: 30, boxes: [box]).xml(folder: "val", name: "p\(index)")
      try xml.write(toFile: "\(annotations)/p\(index).xml", atomically: true, encoding: .utf8)
    }
    func tables(_ output: String) throws -> [String] {
      try ["assessment.csv", "randomisation.csv", "assessment.html", "tests.csv"].map {
        try String(contentsOfFile: "\(output)/\($0)", encoding: .utf8)
      }
    }
    let one = fixture.folder.path("one")
    let three = fixture.folder.path("three")
    let first = try fixture.assess(output: one, annotations: annotations)
    #expect(first.exitCode == 0 && first.output.contains("done 5 skipped 0 failed 0"), "\(first)")
    let second = try fixture.assess(ranks: 3, output: three, annotations: annotations)
    #expect(second.exitCode == 0, "\(second)")
    #expect(try tables(one) == tables(three))
    let rows = try tables(one)[0].split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.map { $0[0] } == ["method", "gradient", "grad-cam", "centre", "random", "edge", "mask", "input"])
    // Of the tests: 5 pictures, the costly ones on 3, those with random nets on 2; the mask knows where the object is.
    let tests = try tables(one)[3].split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    func row(_ method: String, _ test: String) throws -> [String] {
      try #require(tests.first { $0[0] == method && $0[1] == test })
    }
    #expect(tests.count == 7 * 13)
    #expect(try row("gradient", "relevance_mass")[4] == "5" && row("gradient", "max_sensitivity")[4] == "3")
    #expect(try row("grad-cam", "efficient_randomisation")[4] == "2" && row("random", "random_logit")[4] == "0")
    #expect(try row("mask", "max_box_acc_v2")[4...5] == ["2", "1.0000"])
    for test in ["relevance_mass", "relevance_rank"] { #expect(try row("mask", test)[5] == "1.0000") }
    for control in ["edge", "mask", "input"] {
      #expect(try row(control, "random_logit")[5] == "1.0000" && row(control, "efficient_randomisation")[5] == "0.0000")
    }
    #expect(rows.dropFirst().allSatisfy { $0[1] == "5" && (0...1).contains(Double($0[2]) ?? -1) })
    #expect(try tables(one)[1].split(separator: "\n").count == 1 + 2 * 5)
    let before = try tables(three)
    for name in ["p1.h5", "p3.h5", "assessment.csv"] { try FileManager.default.removeItem(atPath: "\(three)/\(name)") }
    #expect(try fixture.assess(ranks: 2, output: three, annotations: annotations).output.contains("done 2 skipped 3"))
    #expect(try tables(three) == before)

    // Another run with other methods has written into the folder meanwhile.
    let changed = "\(three)/p1.h5"
    try HDF5File.write(to: changed) { file throws(HDF5Error) in
      try file.write([Float](repeating: 0.5, count: 6), shape: [2, 3], to: "/measures")
    }
    let refused = try fixture.assess(output: three, annotations: annotations)
    #expect(refused.exitCode == 3, "\(refused)")
    #expect(
      refused.output.contains(
        "\(changed) holds a /measures of shape [2, 3], not [7, 3]: a result of other methods; give --overwrite"),
      "\(refused)")
  }

  @Test("Class models are judged by their floats: the net that made them says what it said") func transfer() throws {
    let fixture = try ResultFixture()
    #expect(try fixture.classModels("iterations=40").exitCode == 0)
    let judge = try TrainedNetwork.read(fixture.checkpoint)
    let folder = fixture.folder.path("transfer")
    let found = try ClassModelTransfer.judge(fixture.output, by: judge, output: folder, batch: 3)
    let table = try String(contentsOfFile: "\(folder)/transfer.csv", encoding: .utf8).split(separator: "\n").dropFirst()
    let places = table.map { Int($0.split(separator: ",")[1]) ?? 0 }
    #expect(found.judged == 7 && found.unknown == 0 && places.count == 7)
    #expect(found.top1 == places.filter { $0 == 1 }.count && found.top5 == places.filter { $0 <= 5 }.count)
    // The net that made them knows its own, and is as sure as it was.
    #expect(found.top1 == 7)
    for row in table.map({ $0.split(separator: ",") }) {
      let attribute = try #require(try fixture.attribute(String(row[0]), "posterior"))
      let recorded = try #require(Double(attribute))
      let judged = try #require(Double(row[2]))
      #expect(abs(judged - recorded) < 1e-4, "\(row[0])")
    }
    #expect(throws: ResultsError.self) { try ClassModelTransfer.judge(folder, by: judge, output: folder) }
  }
}
