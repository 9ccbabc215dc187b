import ConvNet
import DataSets
import Files
import Foundation
import Random
import TestSupport
import Testing

@testable import Answers

@Suite("Localisation error")
struct LocalisationScoreTests {
  private func box(_ wnid: String, _ corners: [Int]) -> BoundingBox {
    BoundingBox(wnid: wnid, xmin: corners[0], ymin: corners[1], xmax: corners[2], ymax: corners[3])
  }

  @Test("intersection over union counts both ends of a box")
  func overlap() {
    let one = box("a", [0, 0, 9, 9])
    #expect(one.overlap(with: one) == 1)
    #expect(one.overlap(with: box("b", [0, 0, 9, 4])) == 0.5)
    #expect(one.overlap(with: box("a", [9, 9, 18, 18])) == 1.0 / 199)
    #expect(one.overlap(with: box("a", [10, 0, 19, 9])) == 0)
  }

  @Test("an answer needs the class and half of the box; the first right one decides")
  func rules() {
    var score = LocalisationScore()
    let truth = [box("a", [0, 0, 9, 9]), box("a", [20, 20, 29, 29])]
    score.add(answers: [box("b", [0, 0, 9, 9]), box("a", [0, 0, 9, 3]), box("a", [20, 20, 29, 24])], truth: truth)
    #expect(score.all.wrongClass == [1, 0, 0, 0, 0])
    #expect(score.all.wrongPlace == [1, 1, 0, 0, 0])
    score.add(answers: [], truth: truth)
    #expect(score.all.localisationError == [1, 1, 0.5, 0.5, 0.5])
    // A sixth answer is none, and a picture without boxes doesn't count.
    score.add(answers: [BoundingBox](repeating: box("b", [0, 0, 9, 9]), count: 5) + [truth[0]], truth: truth)
    score.add(answers: [truth[0]], truth: [])
    #expect(score.all.pictures == 3 && score.byClass["a"]?.wrongPlace[4] == 2)
  }

  /// The same error in few lines: by sets of pixels instead of arithmetic on corners.
  private func independentErrors(_ pictures: [(answers: [BoundingBox], truth: [BoundingBox])]) -> [Double] {
    func pixels(_ box: BoundingBox) -> Set<Int> {
      Set((box.xmin...box.xmax).flatMap { x in (box.ymin...box.ymax).map { x * 1000 + $0 } })
    }
    return (1...5).map { k in
      let wrong = pictures.filter { picture in
        !picture.answers.prefix(k).contains { answer in
          picture.truth.contains { one in
            let (a, b) = (pixels(answer), pixels(one))
            return one.wnid == answer.wnid && 2 * a.intersection(b).count >= a.union(b).count
          }
        }
      }
      return Double(wrong.count) / Double(pictures.count)
    }
  }

  @Test("on 1,000 random answers the errors are those of an independent count, through either kind of file")
  func independent() throws {
    var random = CounterRandom(seed: 8, purpose: .test)
    func randomBox() -> BoundingBox {
      let (x, y) = (random.index(below: 8), random.index(below: 8))
      return box("n\(random.index(below: 3))", [x, y, x + random.index(below: 10), y + random.index(below: 10)])
    }
    let pictures = (0..<1000).map { _ in
      let truth = (0...random.index(below: 3)).map { _ in randomBox() }
      return (
        answers: (0..<random.index(below: 6)).map { _ in randomBox() },
        truth: truth.map { own in
          BoundingBox(wnid: truth[0].wnid, xmin: own.xmin, ymin: own.ymin, xmax: own.xmax, ymax: own.ymax)
        }
      )
    }
    let expected = independentErrors(pictures)
    #expect(expected[0] > expected[4] && expected[4] > 0)
    let answers = pictures.enumerated().map { PictureAnswers(image: "p\($0 + 1000)", answers: $1.answers) }
    let folder = try TemporaryFolder()
    try "n2 c\nn0 a\nn1 b\n".write(toFile: folder.path("words.txt"), atomically: true, encoding: .utf8)
    let numbers = try ClassNumbers(contentsOf: folder.path("words.txt"))
    let submission = try SubmissionFile.text(answers, numbers: numbers)
    let read = [
      try BoxTable.parse(BoxTable.text(answers), name: "boxes.csv"),
      try SubmissionFile.parse(
        TextList(Array(submission.utf8), name: "answers.txt"), images: answers.map(\.image), numbers: numbers),
    ]
    for found in read {
      let byImage = Dictionary(uniqueKeysWithValues: found.map { ($0.image, $0.answers) })
      var score = LocalisationScore()
      for (answer, picture) in zip(answers, pictures) { score.add(answers: byImage[answer.image] ?? [], truth: picture.truth) }
      #expect(score.all.localisationError == expected)
    }
  }

  @Test("a class list without any class of the annotations is refused")
  func otherClasses() throws {
    let folder = try TemporaryFolder()
    try Annotation(width: 9, height: 9, boxes: [box("n1", [1, 1, 5, 5])]).xml(folder: "", name: "p")
      .write(toFile: folder.path("p.xml"), atomically: true, encoding: .utf8)
    try "0 1 1 5 5\n".write(toFile: folder.path("answers.txt"), atomically: true, encoding: .utf8)
    for (list, isRefused) in [("tench\ngoldfish\n", true), ("n1 tench\n", false)] {
      try list.write(toFile: folder.path("words.txt"), atomically: true, encoding: .utf8)
      func score() throws -> AnswerScore {
        try AnswerScore(
          answers: folder.path("answers.txt"), annotations: AnnotationSet(contentsOf: folder.path),
          classList: ClassNumbers(contentsOf: folder.path("words.txt")), pictures: nil)
      }
      if isRefused {
        #expect(throws: DataError.self) { try score() }
      } else {
        #expect(try score().score.all.localisationError[0] == 0)
      }
    }
  }

  @Test("names with commas, quotes and line ends survive boxes.csv")
  func quoting() throws {
    for wnid in ["a,b", "a\nb", "a\r\nb", "\"a\"", "a;\tb"] {
      let answers = [PictureAnswers(image: "p", answers: [box(wnid, [1, 2, 3, 4])], scores: [1])]
      #expect(try BoxTable.parse(BoxTable.text(answers), name: "boxes.csv").map(\.answers) == [answers[0].answers])
    }
    let answers = [PictureAnswers(image: "a, \"b\"", answers: [box("n1", [1, 2, 3, 4])], scores: [1.5])]
    let text = BoxTable.text(answers)
    #expect(text == BoxTable.header + "\n\"a, \"\"b\"\"\",1,n1,1.5,1,2,3,4,,,,\n")
    #expect(try BoxTable.parse(text, name: "x").first?.image == "a, \"b\"")
  }

  @Test("a table is the same as a spreadsheet saves it, without its header, and with columns in another order")
  func tables() throws {
    let rows = "\np,1,n1,0.5,1,2,3,4\np,2,n2,0.25,5,6,7,8\n"
    let plain = "image,rank,wnid,score,xmin,ymin,xmax,ymax" + rows
    let expected = [[box("n1", [1, 2, 3, 4]), box("n2", [5, 6, 7, 8])]]
    let forms = [
      plain, "\u{FEFF}" + plain.replacing("\n", with: "\r\n"), plain.replacing(",", with: ";"), String(rows.dropFirst()),
      plain.replacing("p,", with: "\"p\","), plain.replacing(",1,2,3,4", with: ",1.0, 2.0,3.0,4.2"),
      plain.replacing("p,1", with: "p,1.0"),
      "wnid,image,rank,xmin,ymin,xmax,ymax\nn2,p,2,5,6,7,8\nn1,p,1,1,2,3,4",
    ]
    for form in forms { #expect(try BoxTable.parse(form, name: "a.csv").map(\.answers) == expected, "\(form)") }
  }

  @Test(
    "damaged files are errors that name file and line",
    arguments: [
      "p,1,n1,0,5,0,1,9", "p,1", "p,x,n1,0,1,1,2,2", "p,1,n1,0,-9223372036854775808,1,2,2", "p,1,n1,0,1,1,2,99999999999999999999",
      "p,1,n1,0,nan,1,2,2", "p,1,,0,1,1,2,2", "\"p,1,n1,0,1,1,2,2",
    ])
  func damagedTable(_ row: String) {
    let text = "image,rank,wnid,score,xmin,ymin,xmax,ymax\n\(row)"
    let error = #expect(throws: TextListError.self) { try BoxTable.parse(text, name: "a.csv") }
    #expect(error?.description.contains("a.csv, line 2") == true)
  }

  @Test("Kaggle's form is read with ids or with numbers, and damage is named with its line")
  func kaggle() throws {
    func parse(_ text: String, _ numbers: ClassNumbers? = nil) throws -> [PictureAnswers] {
      let list = try TextList(Array(text.utf8), name: "k.csv")
      #expect(SubmissionFile.isKaggle(list))
      return try SubmissionFile.parseKaggle(list, numbers: numbers)
    }
    let folder = try TemporaryFolder()
    try "n0\nn1\n".write(toFile: folder.path("words.txt"), atomically: true, encoding: .utf8)
    let numbers = try ClassNumbers(contentsOf: folder.path("words.txt"))
    let expected = [box("n1", [1, 2, 3, 4]), box("n0", [5, 6, 7, 8])]
    #expect(try parse("ImageId,PredictionString\np,n1 1 2 3 4 n0 5 6 7 8\nq,\n").map(\.answers) == [expected, []])
    #expect(try parse("ImageId,PredictionString\r\np, 1 1 2 3 4 0 5 6 7 8 \r\n", numbers).map(\.answers) == [expected])
    for form in [
      "\"ImageId\",\"PredictionString\"\n\"p\",\"n1 1 2 3 4 n0 5 6 7 8\"\n",
      "imageid;PredictionString\np;n1 1 2 3 4 n0 5 6 7 8\n",
      "PredictionString,ImageId\nn1 1.0 2 3 4 n0 5 6 7 8,p\n", ",ImageId,PredictionString\n0,p,n1 1 2 3 4 n0 5 6 7 8\n",
      "ImageId\tboxes\np\tn1 1 2 3 4 n0 5 6 7 8\n",
    ] {
      let found = try parse(form)
      #expect(found.map(\.answers) == [expected] && found.map(\.image) == ["p"], "\(form)")
    }
    let repeated = #expect(throws: TextListError.self) { try parse("ImageId,PredictionString\np,\nq,\np,n1 1 2 3 4\n") }
    #expect(repeated?.description.contains("k.csv, line 4: p has a line before") == true)
    for row in ["p", "p,1 1 2 3 4", "p,n1 1 2 3", "p,n1 3 2 1 4", "p,n1 1 2 3 9223372036854775807"] {
      let error = #expect(throws: TextListError.self) { try parse("ImageId,PredictionString\n\(row)\n") }
      #expect(error?.description.contains("k.csv, line 2") == true, "\(row)")
    }
  }

  @Test(
    "damaged submissions are errors",
    arguments: ["1 2 3", "1 2 3 4 x", "7 1 1 2 2", "0 1 1 2 2\n0 1 1 2 2", "0 3 1 2 2", "0 -9223372036854775808 1 2 2", ""])
  func damagedSubmission(_ text: String) throws {
    let folder = try TemporaryFolder()
    try "n0\nn1\n".write(toFile: folder.path("words.txt"), atomically: true, encoding: .utf8)
    let numbers = try ClassNumbers(contentsOf: folder.path("words.txt"))
    let error = #expect(throws: TextListError.self) {
      try SubmissionFile.parse(TextList(Array(text.utf8), name: "b.txt"), images: ["p"], numbers: numbers)
    }
    #expect(error?.description.contains("b.txt") == true)
  }
}
