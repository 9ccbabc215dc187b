import Files
import Foundation
import TestSupport
import Testing

@testable import Results
@testable import Visualize

@Suite("Results whose pictures change", .serialized) struct ChangedPictureTests {
  @Test("a picture that was edited in place is done again, one that was touched or copied isn't", arguments: [1, 2])
  func edited(ranks: Int) throws {
    let fixture = try ResultFixture()
    for index in 0..<4 { try fixture.writePicture("p\(index).png", seed: UInt64(index)) }
    #expect(try fixture.saliency(ranks: ranks).output.contains("done 4 skipped 0"))
    #expect(try fixture.saliency(ranks: ranks).output.contains("done 0 skipped 4"))
    let pictures = fixture.pictures
    // Of the same length, and with the old time: the system still knows when it was changed, but nobody asks for that.
    try fixture.writePicture("p1.png", seed: 99)
    try setTime(pictures + "/p2.png", 1_000_000_000)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: pictures + "/p3.png"))
    try FileManager.default.removeItem(atPath: pictures + "/p3.png")
    try bytes.write(to: URL(fileURLWithPath: pictures + "/p3.png"))
    let result = try fixture.saliency(ranks: ranks)
    #expect(result.output.contains("done 1 skipped 3"), "\(result)")
    #expect(try fixture.summary().outdated == 1)
    // The manifest knows the new times: nothing is read a second time.
    let stamps = try Manifest(of: fixture.output).latest().count
    #expect(stamps == 4)
    try Manifest(of: fixture.output).forEach { record, _ in
      #expect(record.pictureStamp == FileStamp(of: FileName(written: record.source ?? "")), "\(record.item)")
    }
    #expect(try fixture.saliency().output.contains("done 0 skipped 4"))
    #expect(try fixture.summary().outdated == nil)
  }

  @Test("a second run makes damaged results again and counts them; until then nobody takes them for results", arguments: [1, 2])
  func damaged(ranks: Int) throws {
    let fixture = try ResultFixture()
    for index in 0..<4 { try fixture.writePicture("p\(index).png", seed: UInt64(index)) }
    #expect(try fixture.localise().output.contains("done 4 skipped 0"))
    func cut(_ name: String, _ length: Int) throws {
      let url = URL(fileURLWithPath: "\(fixture.output)/\(name)")
      try Data(contentsOf: url).prefix(length).write(to: url)
    }
    try cut("p0.h5", 900)
    try cut("p1.png", 0)
    try cut("masks/p2-1.png", 60)
    let page = #expect(throws: ResultsError.self) { try gallery(results: fixture.output) }
    #expect(page?.description.contains("2 results are damaged") == true, "\(String(describing: page))")
    let other = fixture.folder.path("other")
    let result = try fixture.localise(output: other, "saliency=\(fixture.output)")
    #expect(result.output.contains("p0.h5") && result.output.contains("run localise with"), "\(result)")
    #expect(try fixture.localise(ranks: ranks).output.contains("done 3 skipped 1"))
    #expect(try fixture.summary().damaged == 3)
    #expect(try fixture.localise(ranks: ranks).output.contains("done 0 skipped 4"))
    #expect(try fixture.summary().damaged == nil && gallery(results: fixture.output) == 4)
  }

  private func setTime(_ path: String, _ seconds: Int) throws {
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: Double(seconds))], ofItemAtPath: path)
  }

  @Test("reconstruct --top knows its pictures in a folder that has moved, and looks again where one was edited")
  func strongest() throws {
    let fixture = try ResultFixture()
    for index in 0..<4 { try fixture.writePicture("p\(index).png", seed: UInt64(index)) }
    func strongest(_ images: String) throws -> ProcessResult {
      try runTool(
        "deepinside",
        [
          "reconstruct", "--checkpoint", fixture.checkpoint, "--images", images, "--output", fixture.output, "--top", "2",
          "--layer", try smallNet(classes: 7, seed: 1).network.layers[0].name, "--threads", "1",
        ])
    }
    let first = try strongest(fixture.pictures)
    try #require(first.exitCode == 0, "\(first)")
    let done = try fixture.summary().done
    let moved = fixture.folder.path("elsewhere")
    try FileManager.default.moveItem(atPath: fixture.pictures, toPath: moved)
    var result = try strongest(moved)
    #expect(try fixture.summary().skipped == done && fixture.summary().done == 0, "\(result)")
    try FileManager.default.moveItem(atPath: moved, toPath: fixture.pictures)
    try fixture.writePicture("p1.png", seed: 99)
    result = try strongest(fixture.pictures)
    #expect(
      try result.exitCode == 0 && fixture.summary().skipped == 0 && result.output.contains("have changed since"), "\(result)")
  }

  @Test("what is about all results is marked as unfinished at the start of a run, and tables of an earlier one go")
  func unfinished() throws {
    let fixture = try ResultFixture()
    for index in 0..<3 { try fixture.writePicture("p\(index).png", seed: UInt64(index)) }
    try #require(try fixture.saliency().exitCode == 0)
    func page() throws -> String { try String(contentsOfFile: fixture.output + "/index.html", encoding: .utf8) }
    #expect(try !page().contains("had not come to its end"))
    for table in ["boxes.csv", "assessment.csv"] { try Data().write(to: URL(fileURLWithPath: "\(fixture.output)/\(table)")) }
    let header = try #require(try ResultJSON.file(ResultHeader.self, fixture.output + "/parameters.json"))
    var summary = try fixture.summary()
    (summary.total, summary.done, summary.skipped) = (5, 0, 3)
    try ResultStore(folder: fixture.output, header: header, layout: .ofAllJobs).beginRun(summary)
    try updateGallery(fixture.output, nil, isInterim: true)
    #expect(try fixture.summary().unfinished == true && fixture.summary().stopped && !fixture.summary().isComplete)
    #expect(try page().contains("2 more results were to come"))
    #expect(try fixture.files().isDisjoint(with: ["boxes.csv", "assessment.csv"]))
    // A run that has come to its end says so again.
    try fixture.writePicture("p3.png", seed: 3)
    #expect(try fixture.saliency().exitCode == 0)
    #expect(
      try fixture.summary().unfinished == nil && fixture.summary().isComplete && !page().contains("had not come to its end"))
  }
}
