import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Visualize

@Suite(.serialized) struct JobTests {
  @Test("Class models are the same set on any number of ranks, and hold what they should")
  func classModelRanks() throws {
    let fixture = try ResultFixture()
    for ranks in 1...4 {
      let output = fixture.folder.path("out\(ranks)")
      let result = try fixture.classModels(ranks: ranks, output: output)
      #expect(result.exitCode == 0 && result.output.contains("done 7 skipped 0 failed 0"), "\(result)")
      #expect(try fixture.manifest(output: output).sorted() == ResultFixture.classes)
      for item in ResultFixture.classes {
        let found = try fixture.data(item, "/image", output: output)
        let expected = try fixture.data(item, "/image", output: fixture.folder.path("out1"))
        #expect(found.shape == [3, 16, 16])
        // Other batch sizes round differently.
        #expect(distance(found.values, expected.values) < 1e-2 * rms(expected.values), "\(item) on \(ranks) ranks")
        #expect(try fixture.data(item, "/score_trace", output: output).shape == [9])
        #expect(FileManager.default.fileExists(atPath: "\(output)/\(item).png"))
      }
      #expect(try fixture.summary(output: output).ranks == ranks)
    }
  }

  @Test("Saliency maps are the same set on any number of ranks, and hold what they should")
  func saliencyRanks() throws {
    let fixture = try ResultFixture()
    for index in 0..<9 { try fixture.writePicture("p\(index).png", seed: UInt64(index), width: 30 + index) }
    for ranks in 1...4 {
      let output = fixture.folder.path("out\(ranks)")
      let result = try fixture.saliency(ranks: ranks, output: output, "method=guided")
      #expect(result.exitCode == 0 && result.output.contains("done 9 skipped 0 failed 0"), "\(result)")
      for index in 0..<9 {
        let found = try fixture.data("p\(index)", "/map", output: output)
        let expected = try fixture.data("p\(index)", "/map", output: fixture.folder.path("out1"))
        #expect(found.shape == [16, 16])
        #expect(distance(found.values, expected.values) <= 1e-3 * rms(expected.values))
        #expect(try fixture.data("p\(index)", "/input", output: output).shape == [3, 16, 16])
      }
    }
  }

  @Test("A second run does only what is missing, whatever a crash has taken") func resume() throws {
    let fixture = try ResultFixture()
    #expect(try fixture.classModels("classes=n00000002,n00000003").output.contains("done 2 skipped 0"))
    #expect(try fixture.classModels().output.contains("done 5 skipped 2"))
    #expect(try fixture.classModels().output.contains("done 0 skipped 7"))
    func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: "\(fixture.output)/n00000004.h5")) }
    let before = try bytes()
    try fixture.remove("n00000001.png")
    try fixture.remove("n00000004.h5")
    // A torn last line, and lines that are lost: the latter come back from the HDF5 files.
    try #"{"item":"n0000"#.write(toFile: "\(fixture.output)/manifest.jsonl", atomically: true, encoding: .utf8)
    let result = try fixture.classModels(ranks: 2)
    #expect(result.output.contains("done 2 skipped 5"), "\(result)")
    #expect(try fixture.manifest().sorted() == ResultFixture.classes)
    #expect(try bytes() == before, "the same result is the same file")
    // A damaged file without a line is made again.
    try Data("no HDF5".utf8).write(to: URL(fileURLWithPath: "\(fixture.output)/n00000006.h5"))
    try fixture.remove("manifest.jsonl")
    #expect(try fixture.classModels().output.contains("done 1 skipped 6"))
  }

  @Test("A job that is asked to stop ends with code 4, keeps what is finished, and goes on later") func stop() throws {
    let fixture = try ResultFixture()
    let result = try fixture.classModels("batch=2", "stop")
    #expect(result.exitCode == 4 && result.output.contains("done 2 skipped 0 failed 0"), "\(result)")
    #expect(try fixture.summary().stopped)
    #expect(try fixture.classModels(ranks: 2).output.contains("done 5 skipped 2 failed 0"))
    #expect(try !fixture.summary().stopped)
  }

  @Test("Other parameters, another checkpoint or another command stop with code 2 and say so") func refusal() throws {
    let fixture = try ResultFixture()
    #expect(try fixture.classModels().exitCode == 0)
    let before = try fixture.files()
    let other = try fixture.classModels("iterations=9")
    #expect(other.exitCode == 2 && other.output.contains("iterations was 8, is 9"), "\(other)")
    let precision = try fixture.classModels("precision=bfloat16")
    #expect(precision.exitCode == 2 && precision.output.contains("precision was float32, is bfloat16"), "\(precision)")
    let ranks = try fixture.classModels(ranks: 2, "iterations=9")
    #expect(ranks.exitCode == 2 && ranks.output.contains("iterations was 8, is 9"), "\(ranks)")
    try fixture.writeCheckpoint("net.h5", seed: 2)
    let checkpoint = try fixture.classModels()
    #expect(checkpoint.exitCode == 2 && checkpoint.output.contains("SHA-256"), "\(checkpoint)")
    try fixture.writePicture("a.png", seed: 1)
    let command = try fixture.saliency()
    #expect(command.exitCode == 2 && command.output.contains("'class-models'"), "\(command)")
    #expect(try fixture.files() == before)
  }

  @Test("Overwriting removes the old results and nothing else") func overwrite() throws {
    let fixture = try ResultFixture()
    #expect(try fixture.classModels().exitCode == 0)
    for name in ["notes.txt", "mine.png", "mine.h5"] {
      try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(fixture.output)/\(name)"))
    }
    let result = try fixture.classModels("iterations=9", "classes=n00000001", "overwrite")
    #expect(result.exitCode == 0 && result.output.contains("done 1 skipped 0"), "\(result)")
    let expected: Set = [
      "notes.txt", "mine.png", "mine.h5", "n00000001.h5", "n00000001.png", "manifest.jsonl", "parameters.json", "summary.json",
      "index.html", "contact-sheet.png",
    ]
    #expect(try fixture.files() == expected)
  }

  @Test("Files of somebody else are never written over") func foreign() throws {
    let fixture = try ResultFixture()
    try fixture.writePicture("a.png", seed: 1)
    for overwrite in ["batch=2", "overwrite"] {
      let result = try fixture.saliency(output: fixture.pictures, overwrite)
      #expect(result.exitCode == 2 && result.output.contains("a.png exists"), "\(result)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.pictures) == ["a.png"])
  }

  @Test("Pictures with hostile names work, and unreadable ones are listed while all others are done") func hostileNames() throws {
    let fixture = try ResultFixture()
    let names = [
      "it's.png", "n00000002/same.png", "n00000003/same.png", "a b#c?&<i>%41.png", "ü日本.PNG", "\"quoted\".png", "-rf.png",
    ]
    for (index, name) in names.enumerated() { try fixture.writePicture(name, seed: UInt64(index)) }
    try Data("no picture".utf8).write(to: URL(fileURLWithPath: "\(fixture.pictures)/broken's.jpg"))
    let result = try fixture.saliency(ranks: 2)
    #expect(result.exitCode == 1 && result.output.contains("1 of 8 items failed"), "\(result)")
    let expected: Set = ["it's", "n00000002-same", "n00000003-same", "a b#c_&_i_%41", "ü日本", "_quoted_", "-rf"]
    #expect(try Set(fixture.manifest()) == expected)
    for item in expected { #expect(try fixture.data(item, "/map").values.count == 256) }
    let summary = try fixture.summary()
    #expect(summary.failures.map(\.item) == ["broken's"])
    #expect(try #require(summary.failures.first).reason.contains("expected a JPEG or PNG picture"))
    // With more pictures of the same name the old results keep theirs.
    try fixture.writePicture("n00000004/same.png", seed: 20)
    let again = try fixture.saliency()
    #expect(again.exitCode == 1 && again.output.contains("done 1 skipped 7 failed 1"), "\(again)")
    #expect(try Set(fixture.manifest()) == expected.union(["same"]))
    let page = try String(contentsOfFile: "\(fixture.output)/index.html", encoding: .utf8)
    #expect(page.contains("src=\"a%20b%23c_%26_i_%2541.png\""))
    #expect(page.contains("src=\"it%27s.png\""))
  }

  @Test("The true class is that of the folder; a picture without one fails, an unknown class is named") func truth() throws {
    let fixture = try ResultFixture()
    try fixture.writePicture("n00000002/a.png", seed: 1)
    try fixture.writePicture("somewhere/b.png", seed: 2)
    let result = try fixture.saliency("class=truth")
    #expect(result.exitCode == 1 && result.output.contains("done 1 skipped 0 failed 1"), "\(result)")
    #expect(try fixture.attribute("a", "class") == "n00000002")
    #expect(try fixture.attribute("a", "truth") == "n00000002")
    let unknown = try fixture.saliency(output: fixture.folder.path("other"), "class=n99999999")
    #expect(unknown.exitCode == 2 && unknown.output.contains("unknown class 'n99999999'"), "\(unknown)")
    let classes = try fixture.classModels(ranks: 2, output: fixture.folder.path("third"), "classes=n00000001,n1")
    #expect(classes.exitCode == 2 && classes.output.contains("unknown class 'n1'"), "\(classes)")
  }
}
