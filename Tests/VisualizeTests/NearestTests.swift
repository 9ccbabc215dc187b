import Foundation
import Results
import TestSupport
import Testing

@testable import Visualize

@Suite("Pictures nearest to class models", .serialized) struct NearestTests {
  private func nearest(_ fixture: ResultFixture, ranks: Int = 1, _ options: String...) throws -> ProcessResult {
    let layer = try #require(try smallNet(classes: 7, seed: 1).network.layers.last).name
    let arguments =
      [
        "nearest", "--checkpoint", fixture.checkpoint, "--class-models", fixture.output, "--images", fixture.pictures, "--output",
        fixture.folder.path("nearest"), "--layer", layer, "--threads", "1",
      ] + options
    return ranks == 1
      ? try runTool("deepinside", arguments) : try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: arguments)
  }

  @Test(
    "the picture that a class model was made into is the nearest, on any number of ranks; the rest is resumed", arguments: [1, 2])
  func nearest(ranks: Int) throws {
    let fixture = try ResultFixture()
    #expect(try fixture.classModels("iterations=40").exitCode == 0)
    let files = FileManager.default
    for (index, wnid) in ResultFixture.classes.enumerated() {
      for number in 0..<3 { try fixture.writePicture("\(wnid)/noise\(number).png", seed: UInt64(10 * index + number)) }
      try files.copyItem(atPath: "\(fixture.output)/\(wnid).png", toPath: "\(fixture.pictures)/\(wnid)/model.png")
    }
    let output = fixture.folder.path("nearest")
    let result = try nearest(fixture, ranks: ranks, "--neighbours", "3", "--batch", "2")
    #expect(result.exitCode == 0, "\(result)")
    #expect(try fixture.manifest(output: output).sorted() == ResultFixture.classes)
    try Manifest(of: output).forEach(NearestJob.Facts.self) { record, _ in
      let (distances, shape) = try fixture.data(record.item, "/distances", output: output)
      #expect(record.facts.neighbours.map(\.distance) == distances && distances == distances.sorted() && shape == [3])
      #expect(record.facts.neighbours.first?.picture == "\(record.class)/model.png", "\(record.facts.neighbours)")
      #expect(record.kind == "nearest" && files.fileExists(atPath: "\(output)/\(record.item).png"))
    }
    #expect(try String(contentsOfFile: "\(output)/index.html", encoding: .utf8).contains("Nearest pictures"))
    try files.removeItem(atPath: "\(output)/\(ResultFixture.classes[2]).h5")
    #expect(try nearest(fixture, ranks: ranks, "--neighbours", "3", "--batch", "2").exitCode == 0)
    #expect(try fixture.summary(output: output).done == 1 && fixture.summary(output: output).skipped == 6)
    // With other pictures it is another job; a class without any is a failure, and all others are done.
    try files.removeItem(atPath: "\(fixture.pictures)/\(ResultFixture.classes[3])")
    let other = try nearest(fixture, "--neighbours", "3")
    #expect(other.exitCode == 2 && other.output.contains("pictures was"), "\(other)")
    let missing = try nearest(fixture, "--neighbours", "3", "--overwrite")
    #expect(missing.exitCode == 1 && missing.output.contains("no picture is of the class n00000004"), "\(missing)")
    #expect(try fixture.manifest(output: output).count == 6)
  }

  @Test("class models of another net, and folders of something else, are refused") func refused() throws {
    let fixture = try ResultFixture()
    try fixture.writePicture("n00000001/a.png", seed: 1)
    #expect(try nearest(fixture).exitCode == 3)
    #expect(try fixture.classModels().exitCode == 0)
    try fixture.writeCheckpoint("net.h5", seed: 2)
    let result = try nearest(fixture)
    #expect(result.exitCode == 2 && result.output.contains("another SHA-256"), "\(result)")
  }
}
