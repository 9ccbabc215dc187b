import Attribution
import ConvNet
import DataSets
import Files
import Foundation
import Images
import TestSupport
import Testing

@testable import Results
@testable import Visualize

@Suite struct ResultUnitTests {
  @Test("An id with a comma can be chosen") func commas() throws {
    let network = TrainedNetwork(
      parameters: try linearNet(classes: 3), mean: [Float](repeating: 0, count: 108), classes: ["a,b", "a", "b"],
      classNames: ["x", "y", "z"], digest: "", fileName: "net.h5")
    #expect(try network.indices(of: "a,b") == [0] && network.indices(of: "b,a") == [2, 1])
  }

  @Test("A crop is the centre of the picture at 256/224 of the crop's size") func crop() throws {
    let folder = try TemporaryFolder()
    let pixels: [UInt8] = (0..<6000).flatMap { (i: Int) -> [UInt8] in [UInt8(i % 100 * 2), 100, 50] }
    try Picture(width: 100, height: 60, pixels: pixels).writePNG(to: folder.path("a.png"))
    let shape = Shape(channels: 3, height: 16, width: 16)
    let mean = [Float](repeating: 40, count: 768)
    let picture = try TestPicture(contentsOf: FileName(folder.path("a.png")), decoder: PictureDecoder(), geometry: shape.geometry)
    #expect(picture.resized.size == PictureSize(width: 30, height: 18))
    #expect(picture.places == [CropPlace(x: 7, y: 1)])
    let input = picture.input(picture.places[0], mean: mean)
    #expect(Float(picture.shown[3, 5].x) - 40 == input[5 * 16 + 3])
    #expect(input[256...511].allSatisfy { $0 == 60 })
    // A mirrored crop enters as its mirror picture, and the mean isn't mirrored.
    let ten = try TestPicture(picture.resized, geometry: shape.geometry, crops: .ten)
    #expect(ten.places.count == 10 && ten.frame == ten.resized.size)
    let slope = (0..<768).map { Float($0 % 16) }
    let mirrored = ten.input(CropPlace(x: 7, y: 1, mirrored: true), mean: slope)
    #expect(mirrored[0] == Float(ten.resized[22, 1].x) && mirrored[15] == Float(ten.resized[7, 1].x) - 15)
  }

  @Test("Pictures are found below folders, once, in order, with their class") func pictureList() throws {
    let folder = try TemporaryFolder()
    let picture = Picture(width: 2, height: 2, pixels: [UInt8](repeating: 9, count: 12))
    for name in ["b.png", "n1/a.JPEG", "n1/.hidden.png", "n2/deep/c.jpg", "n1/readme.txt"] {
      let path = folder.path(name)
      let parent = (path as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      try picture.writePNG(to: path)
    }
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder.path("n1/readme.txt")))
    let found = try PictureList.find([folder.path, folder.path("b.png")], classes: ["n1", "n2"])
    #expect(found.map(\.name) == ["b.png", "n1/a.JPEG", "n2/deep/c.jpg"])
    #expect(found.map(\.truth) == [nil, "n1", "n2"])
    #expect(found.passedOver.count == 2 && found.passedOver.groups.allSatisfy { $0.count == 1 })
    #expect(throws: ResultsError.self) { try PictureList.find([folder.path("none")], classes: []) }
    try Data().write(to: URL(fileURLWithPath: folder.path("pack.h5")))
    for path in [folder.path, folder.path("b.png")] {
      let error = #expect(throws: ResultsError.self) { try PictureList.find([path], classes: []) }
      #expect(error?.kind == .wrongUse && error?.description.contains("is a pack") == true, "\(path)")
    }
  }

  @Test("What a job adds to a record stands among the other fields, and readers that don't ask for it pass over it")
  func recordFacts() throws {
    let common = CommonFacts(item: "x", kind: "localise", class: "n1", className: "one", score: 0.1, posterior: 0.5, top5: [])
    let facts = LocalisationFacts(answers: nil, truthBoxes: [], width: 40, height: 30, orientation: 1)
    let text = try ResultJSON.text(ResultRecord(common, facts))
    #expect(
      text
        == #"{"class":"n1","className":"one","height":30,"item":"x","kind":"localise","orientation":1,"posterior":0.5,"score":0.1,"#
        + #""top5":[],"truthBoxes":[],"width":40}"#)
    #expect(ResultJSON.value(ResultRecord<NoFacts>.self, text)?.common == common)
    #expect(ResultJSON.value(ResultRecord<LocalisationFacts>.self, text)?.facts == facts)
  }

  @Test("Records with numbers that are none survive the manifest") func notANumber() throws {
    let store = try smallNet()
    let net = TrainedNetwork(
      parameters: store, mean: [Float](repeating: 0, count: 768), classes: ["a", "b", "c", "d", "e"],
      classNames: ["a", "b", "c", "d", "e"], digest: "0", fileName: "net.h5")
    let common = CommonFacts(
      item: "x", kind: "saliency", classIndex: 0, score: .nan, posterior: .infinity,
      top: [RankedClass(index: 1, score: -.infinity, posterior: 0)], net: net)
    let text = try ResultJSON.text(ResultRecord(common, NoFacts()))
    let back = try #require(ResultJSON.value(ResultRecord<NoFacts>.self, text))
    #expect(back.score.isNaN && back.posterior == .infinity && back.top5[0].score == -.infinity)
  }
}

@Suite struct PictureIdentityTests {
  @Test("A picture is called by its path in the folder that was given, wherever that lies, and no two are called the same")
  func identities() throws {
    let folder = try TemporaryFolder()
    for name in ["a/x/1.png", "a/x/2.png", "b/x/1.png", "b/3.png"] { try put([1], at: folder.path(name)) }
    func identities(_ paths: [String]) throws -> [FileName] {
      try PictureList.find(paths.map(folder.path), classes: []).map(\.name)
    }
    #expect(try identities(["a"]) == ["x/1.png", "x/2.png"])
    #expect(try identities(["a/x/1.png", "b/3.png"]) == ["1.png", "3.png"])
    #expect(try identities(["a", "b"]) == ["x/1.png", "x/2.png", "3.png", "b/x/1.png"])
    #expect(try identities(["a/x", "b/x"]) == ["1.png", "2.png", "x/1.png"])
  }
}
