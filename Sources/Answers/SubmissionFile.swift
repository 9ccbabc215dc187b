import DataSets
import Files
import Foundation

/// The devkit's file of answers: one line per picture, `label xmin ymin xmax ymax` up to five times. It has no names of pictures.
public enum SubmissionFile {
  /// - Throws: `DataError` that names a class which the list doesn't have.
  public static func text(_ pictures: [PictureAnswers], numbers: ClassNumbers) throws(DataError) -> String {
    var text = ""
    for picture in pictures {
      var fields: [String] = []
      for box in picture.answers.prefix(LocalisationScore.answers) {
        fields.append("\(try numbers.number(of: box.wnid)) \(box.xmin) \(box.ymin) \(box.xmax) \(box.ymax)")
      }
      text += fields.joined(separator: " ") + "\n"
    }
    return text
  }

  /// - Parameter images: the name of each line's picture.
  /// - Throws: `TextListError` that names the file and line which can't be understood, or if there aren't as many lines as
  ///   pictures.
  public static func parse(
    _ list: TextList, images: [String], numbers: ClassNumbers
  ) throws(TextListError) -> [PictureAnswers] {
    // A picture without an answer is an empty line, also at the end of the file.
    let least = list.lines.count
    guard (least...(least + list.blankLinesAtEnd)).contains(images.count) else {
      throw TextListError(
        list.path, "\(least) lines for \(images.count) pictures; give the list of its pictures with --pictures")
    }
    var found: [PictureAnswers] = []
    for (index, image) in images.enumerated() {
      var picture = PictureAnswers(image: image, answers: [])
      if index < list.lines.count {
        let line = list.lines[index]
        picture.answers = try boxes(in: line.words(), of: line, numbers)
      }
      found.append(picture)
    }
    return found
  }

  /// Reads Kaggle's form of the challenge: `ImageId,PredictionString`, where the string is `label xmin ymin xmax ymax` up to five
  /// times, with synset ids or numbers as labels. The columns may be in any order, quoted, and divided by semicolons or tabs.
  ///
  /// - Parameter numbers: the list that numbers as labels refer to; nil if the labels are ids.
  /// - Throws: `TextListError` that names the file and line which can't be understood.
  public static func parseKaggle(_ list: TextList, numbers: ClassNumbers?) throws(TextListError) -> [PictureAnswers] {
    let columns = list.columnNames
    guard let name = columns.firstIndex(of: nameColumn),
      let prediction = columns.firstIndex(of: predictionColumn) ?? (columns.count == 2 ? 1 - name : nil)
    else { throw TextListError(list.path, line: 1, "expected the columns ImageId and PredictionString") }
    var found: [PictureAnswers] = []
    var seen: Set<String> = []
    for row in try list.rows().dropFirst() {
      guard row.fields.count == columns.count else { throw row.line.error(expected: "\"ImageId,PredictionString\"") }
      var picture = PictureAnswers(image: row.fields[name].text.trimmingCharacters(in: .whitespaces), answers: [])
      guard seen.insert(picture.image).inserted else {
        throw row.line.error("\(picture.image) has a line before; give each picture one line")
      }
      picture.answers = try boxes(in: row.fields[prediction].words, of: row.line, numbers)
      found.append(picture)
    }
    return found
  }

  private static let nameColumn = "imageid"
  private static let predictionColumn = "predictionstring"

  /// True if a list is in that form.
  static func isKaggle(_ list: TextList) -> Bool { list.columnNames.contains(nameColumn) }

  private static func boxes(
    in words: [TextList.Field], of line: TextList.Line, _ numbers: ClassNumbers?
  ) throws(TextListError) -> [BoundingBox] {
    guard words.count % 5 == 0 else { throw line.error(expected: "\"label xmin ymin xmax ymax\" up to five times") }
    var answers: [BoundingBox] = []
    for start in stride(from: 0, to: words.count, by: 5) {
      let label = words[start].text
      let wnid: String
      if let number = words[start].rounded {
        guard let numbers else {
          throw line.error(
            "the class \(label) is a number: give what it counts with --class-list (ILSVRC2012_meta.mat or a list)")
        }
        guard let known = numbers.wnid(of: number) else { throw line.error("\(label) is no class of the class list") }
        wnid = known
      } else {
        wnid = label
      }
      let corners = words[(start + 1)..<(start + 5)].compactMap(\.rounded)
      if BoundingBox.areParts(words[(start + 1)..<(start + 5)].compactMap { Double($0.text) }) { throw line.partsError }
      guard let box = BoundingBox(wnid: wnid, corners: corners) else {
        let text = words[(start + 1)..<(start + 5)].map(\.text).joined(separator: " ")
        throw line.error("\(text) are no corners of a box: expected xmin ymin xmax ymax, the first two the smaller ones")
      }
      answers.append(box)
    }
    return answers
  }
}

extension TextList {
  /// The fields of the first line in lower case: the names of a table's columns, if it has a header.
  var columnNames: [String] {
    let fields = try? entries.first?.fields(separator: separator)
    return (fields ?? []).map { $0.text.trimmingCharacters(in: .whitespaces).lowercased() }
  }
}

extension TextList.Line {
  /// The error for corners from 0 to 1, as tools for other forms of data write them.
  var partsError: TextListError { error("the corners of a box are parts of the picture, from 0 to 1; pixels are expected") }
}

extension TextList.Field {
  /// A whole number, or a number rounded to one, because spreadsheets and pandas write 78 as 78.0; nil for other text.
  var rounded: Int? {
    if let integer { return integer }
    let text = text.trimmingCharacters(in: .whitespaces)
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }) else { return nil }
    return Double(text).flatMap { Int(exactly: $0.rounded()) }
  }
}
