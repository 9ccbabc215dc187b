import DataSets
import Files
import Foundation
import TestSupport
import Testing

@testable import Answers

@Suite("Scores of files of answers")
struct AnswerScoreTests {
  private let folder: TemporaryFolder
  private static let box = BoundingBox(wnid: "n1", xmin: 1, ymin: 1, xmax: 5, ymax: 5)
  private static let header = "image,rank,wnid,score,xmin,ymin,xmax,ymax\n"

  init() throws { folder = try TemporaryFolder() }

  private func annotate(_ files: [String]) throws {
    try FileManager.default.createDirectory(atPath: folder.path("an"), withIntermediateDirectories: true)
    for file in files {
      try Annotation(width: 9, height: 9, boxes: [Self.box]).xml(folder: "", name: "")
        .write(toFile: folder.path("an/\(file)"), atomically: true, encoding: .utf8)
    }
  }

  /// Scores the text of a file of answers, against the annotations and with the text of a list of pictures.
  private func score(_ answers: String, pictures: String? = nil, classList: String? = nil) throws -> AnswerScore {
    func path(_ text: String, _ name: String) throws -> String {
      try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
      return folder.path(name)
    }
    return try AnswerScore(
      answers: path(answers, "f.csv"), annotations: AnnotationSet(contentsOf: folder.path("an")),
      classList: classList.map { try ClassNumbers(contentsOf: path($0, "words.txt")) },
      pictures: pictures.map { try TextList(contentsOf: path($0, "list.txt")) })
  }

  /// A table with the true box for each picture.
  private func table(_ pictures: [String]) -> String {
    Self.header + pictures.map { "\($0),1,n1,0.5,1,1,5,5\n" }.joined()
  }

  @Test(
    "an answer meets the annotation of its picture, however both write the picture's name",
    arguments: [
      ("p0.xml", "p0"), ("p0.xml", "p0.JPEG"), ("p0.xml", "val/p0.JPEG"), ("p0.xml", "p0.webp"), ("p0.xml", "C:\\x\\p0.JPEG"),
      ("p0.JPEG.xml", "p0.JPEG"), ("p0.JPEG.xml", "p0"), ("p0.v2.xml", "p0.v2"), ("a\\b.xml", "a\\b.png"),
      ("a.jpg.xml", "a.jpg.png"),
    ])
  func spellings(annotation: String, answer: String) throws {
    try annotate([annotation, "other.xml"])
    let found = try score(table([answer, "other"]))
    #expect(found.score.all.pictures == 2 && found.score.all.localisationError[0] == 0)
    #expect(found.warnings.isEmpty && found.faults.isEmpty)
  }

  @Test("answers and annotations without a counterpart are counted and named")
  func strangers() throws {
    try annotate(["p0.xml", "p1.xml", "p2.xml"])
    let found = try score(table(["p0.JPEG", "P1.JPEG", "zz.JPEG"]))
    #expect(found.score.all.pictures == 3 && found.score.all.wrongPlace[0] == 2)
    #expect(
      found.warnings == [
        "2 pictures in the answers have no annotation and are left out: P1.JPEG, zz.JPEG",
        "2 pictures of the annotations have no answer and are counted as wrong: p1, p2",
      ])
  }

  @Test("names that never meet are an error that shows one of each", arguments: ["P", "p0.JPEG.", "val_p"])
  func neverMeet(prefix: String) throws {
    try annotate(["p0.xml", "p1.xml"])
    let error = #expect(throws: DataError.self) { try score(table(["\(prefix)0", "\(prefix)1"])) }
    #expect(error?.kind == .labels, "\(String(describing: error))")
    let text = error?.description ?? ""
    #expect(text.contains("none of the 2 pictures in") && text.contains("such as \(prefix)0") && text.contains("such as p0"))
    // The answers' pictures are annotated, but others are listed.
    let unlisted = #expect(throws: DataError.self) { try score(table(["p0"]), pictures: "p1\n") }
    #expect(unlisted?.description.contains("has a listed annotation") == true)
  }

  @Test(
    "a line of --pictures is a name, with any blanks, and may end in a number or a class",
    arguments: [
      "IMG 1.JPEG\np1.JPEG\n",
      "IMG 1\np1", "IMG 1.JPEG 7\np1.JPEG 8\n", "\"IMG 1.JPEG\"\r\nval\\p1.JPEG\r\n", "IMG 1 7\np1,65",
      "val/IMG 1.JPEG n1\nval/p1.JPEG n1\n",
    ])
  func lists(list: String) throws {
    try annotate(["IMG 1.xml", "p1.xml", "p2.xml"])
    let found = try score(table(["IMG 1.JPEG", "p1.JPEG", "p2.JPEG"]), pictures: list)
    #expect(found.score.all.pictures == 2 && found.score.all.wrongPlace[0] == 0 && found.warnings.isEmpty)
    let submission = try score("0 1 1 5 5\n0 1 1 5 5\n", pictures: list, classList: "n1 x\n")
    #expect(submission.score.all.pictures == 2 && submission.score.all.wrongPlace[0] == 0 && submission.warnings.isEmpty)
  }

  @Test("classes that never meet are an error that shows one of each")
  func otherClasses() throws {
    try annotate(["p0.xml"])
    let error = #expect(throws: DataError.self) { try score(Self.header + "p0,1,dog,0.5,1,1,5,5\n") }
    #expect(error?.description.contains("such as dog") == true && error?.description.contains("such as n1") == true)
  }

  @Test(
    "a file that isn't understood is named with what is wrong with it",
    arguments: [
      ("", "is empty"), ("\n\n", "is empty"), ("# boxes\n" + header + "p0,1,n1,0.5,1,1,5,5\n", "line 1"),
      ("image|rank|wnid|score|xmin|ymin|xmax|ymax\np0|1|n1|0.5|1|1|5|5\n", "neither"),
      (header + "p0,1,n1,0.5,0.1,0.1,0.5,0.5\n", "parts of the picture"),
      ("ImageId,PredictionString\np0,n1 0.1 0.1 0.5 0.5\n", "parts of the picture"),
    ])
  func notUnderstood(answers: String, word: String) throws {
    try annotate(["p0.xml"])
    let error = #expect(throws: (any Error).self) { try score(answers) }
    #expect(error.map { "\($0)".contains(word) } == true, "\(String(describing: error))")
  }

  @Test("listed names without an annotation are counted and named, in either form of answers; if all are, it is an error")
  func listedStrangers() throws {
    try annotate(["p0.xml", "p1.xml"])
    for (answers, classes) in [(table(["p0", "p1"]), nil), ("0 1 1 5 5\n0 1 1 5 5\n", "n1 x\n")] {
      let found = try score(answers, pictures: "p0.JPEG\nzz.JPEG\n", classList: classes)
      #expect(found.score.all.pictures == 1 && found.score.all.wrongPlace[0] == 0)
      #expect(found.warnings.map { $0.hasSuffix("list.txt has no annotation and is left out: zz.JPEG") } == [true])
      let error = #expect(throws: DataError.self) { try score(answers, pictures: "y\nz\n", classList: classes) }
      #expect(error?.kind == .labels && error?.description.contains("none of the 2 pictures listed in") == true)
    }
    let twice = #expect(throws: DataError.self) {
      try score("0 1 1 5 5\n0 1 1 5 5\n", pictures: "p0\np0\n", classList: "n1 x\n")
    }
    #expect(twice?.description.contains("list.txt, line 2: p0 is listed before") == true)
  }
}
