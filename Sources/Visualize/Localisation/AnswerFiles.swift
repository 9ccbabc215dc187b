import DataSets
import Files
import Foundation

/// What was answered for one picture.
public struct PictureAnswers: Sendable, Hashable {
  /// The picture's name, without folder and extension.
  public var image: String
  /// Best first.
  public var answers: [BoundingBox]
  /// Class scores, in the same order; empty where the file has none.
  public var scores: [Float]

  public init(image: String, answers: [BoundingBox], scores: [Float] = []) {
    self.image = image
    self.answers = answers
    self.scores = scores
  }
}

/// `boxes.csv`: a line an answer, by picture, then by rank from 1.
public enum BoxTable {
  static let header = "image,rank,wnid,score,xmin,ymin,xmax,ymax"

  public static func text(_ pictures: [PictureAnswers]) -> String {
    var text = header + "\n"
    for picture in pictures.sorted(by: { $0.image.utf8.lexicographicallyPrecedes($1.image.utf8) }) {
      for (index, box) in picture.answers.enumerated() {
        let score = picture.scores.indices.contains(index) ? "\(picture.scores[index])" : ""
        text +=
          "\(CSV.field(picture.image)),\(index + 1),\(CSV.field(box.wnid)),\(score),\(box.xmin),\(box.ymin),\(box.xmax),\(box.ymax)\n"
      }
    }
    return text
  }

  /// - Throws: `VisualizeError` naming the file and line that can't be understood.
  public static func parse(_ text: String, name: String) throws(VisualizeError) -> [PictureAnswers] {
    var found: [String: [(rank: Int, box: BoundingBox)]] = [:]
    for (number, line) in text.split(whereSeparator: \.isNewline).enumerated() where number > 0 {
      let fields = CSV.fields(String(line))
      let corners = fields.dropFirst(4).compactMap { Int($0).flatMap { abs($0) < 1_000_000_000 ? $0 : nil } }
      guard fields.count == 8, let rank = Int(fields[1]), corners.count == 4, corners[0] <= corners[2], corners[1] <= corners[3]
      else { throw VisualizeError(.badData, "\(name), line \(number + 1): expected \"\(header)\", found \"\(line)\"") }
      let box = BoundingBox(wnid: fields[2], xmin: corners[0], ymin: corners[1], xmax: corners[2], ymax: corners[3])
      found[fields[0], default: []].append((rank, box))
    }
    return found.map { image, answers in
      PictureAnswers(image: image, answers: answers.sorted { $0.rank < $1.rank }.map(\.box))
    }.sorted { $0.image < $1.image }
  }
}

/// The devkit's file of answers: a line a picture, `label xmin ymin xmax ymax` up to five times; the pictures' names are in none.
public enum SubmissionFile {
  /// - Throws: `DataError` naming a class that the list hasn't.
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
  /// - Throws: `VisualizeError` naming the file and line that can't be understood, or when there aren't as many lines as pictures.
  public static func parse(
    _ text: String, images: [String], numbers: ClassNumbers, name: String
  ) throws(VisualizeError) -> [PictureAnswers] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // A picture without an answer is an empty line too.
    while lines.count > images.count, let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
    guard lines.count == images.count else {
      throw VisualizeError(
        .badData, "\(name) has \(lines.count) lines for \(images.count) pictures; give the list of its pictures with --pictures")
    }
    var found: [PictureAnswers] = []
    for (number, line) in lines.enumerated() {
      func error(_ what: String) -> VisualizeError { VisualizeError(.badData, "\(name), line \(number + 1): \(what)") }
      let words = line.split(whereSeparator: \.isWhitespace)
      let values = words.compactMap { Double($0).flatMap { abs($0) < 1e9 ? Int($0.rounded()) : nil } }
      guard values.count == words.count, values.count % 5 == 0 else {
        throw error("expected \"label xmin ymin xmax ymax\" up to five times, found \"\(line.prefix(80))\"")
      }
      var answers: [BoundingBox] = []
      for start in stride(from: 0, to: values.count, by: 5) {
        guard let wnid = numbers.wnid(of: values[start]) else { throw error("\(values[start]) is no class of the class list") }
        answers.append(
          BoundingBox(
            wnid: wnid, xmin: values[start + 1], ymin: values[start + 2], xmax: values[start + 3], ymax: values[start + 4]))
      }
      found.append(PictureAnswers(image: images[number], answers: answers))
    }
    return found
  }
}
