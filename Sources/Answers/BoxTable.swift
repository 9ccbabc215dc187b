import DataSets
import Files
import Foundation
import Images

/// The answers for one picture.
public struct PictureAnswers: Sendable, Hashable {
  /// The picture's name, without folder and extension.
  public var image: String
  /// The answers, best first.
  public var answers: [BoundingBox]
  /// The class scores, in the same order; empty if the file has none.
  public var scores: [Float]
  /// The path within the folder of the pictures, and the frame that the answers' boxes are in; nil if the file doesn't say.
  public var picture: FileName?
  public var frame: PictureFrame?

  public init(image: String, answers: [BoundingBox], scores: [Float] = []) {
    (self.image, self.answers, self.scores) = (image, answers, scores)
  }
}

/// The table `boxes.csv`: one line per answer, by picture, then by rank from 1.
public enum BoxTable {
  static let header = "image,rank,wnid,score,xmin,ymin,xmax,ymax,picture,width,height,orientation"
  /// The columns of a table without a header, and of earlier versions.
  static let leastColumns = ["image", "rank", "wnid", "score", "xmin", "ymin", "xmax", "ymax"]

  public static func text(_ pictures: [PictureAnswers]) -> String {
    var text = header + "\n"
    for picture in pictures.sorted(by: { $0.image.utf8.lexicographicallyPrecedes($1.image.utf8) }) {
      let frame = picture.frame.map { ["\($0.width)", "\($0.height)", "\($0.orientation.rawValue)"] } ?? ["", "", ""]
      for (index, box) in picture.answers.enumerated() {
        let score = picture.scores.indices.contains(index) ? "\(picture.scores[index])" : ""
        text += CSV.row(
          [picture.image, "\(index + 1)", box.wnid, score] + [box.xmin, box.ymin, box.xmax, box.ymax].map { "\($0)" }
            + [picture.picture?.written ?? ""] + frame)
      }
    }
    return text
  }

  /// - Throws: `TextListError` that names the file and line which can't be understood.
  public static func parse(_ text: String, name: String) throws -> [PictureAnswers] {
    try parse(TextList(Array(text.utf8), name: name))
  }

  /// Reads the table in a list, with or without a header; further columns are ignored.
  ///
  /// - Throws: `TextListError` that names the file and line which can't be understood.
  public static func parse(_ list: TextList) throws(TextListError) -> [PictureAnswers] {
    var rows = try list.rows()
    var columns = leastColumns
    if list.columnNames.contains("image") {
      columns = list.columnNames
      rows.removeFirst()
    }
    var places: [String: Int] = [:]
    for (place, name) in columns.enumerated() where places[name] == nil { places[name] = place }
    guard leastColumns.allSatisfy({ places[$0] != nil || $0 == "score" }) else {
      throw TextListError(
        list.path, line: 1, "expected the columns \(leastColumns.joined(separator: ",")); they are named otherwise")
    }
    // In the order of the lines; answers belong to the same picture by its path, if there is one.
    var order: [FileName] = []
    var found: [FileName: (picture: PictureAnswers, ranks: [Int])] = [:]
    for line in rows {
      let row = Row(fields: line.fields, places: places)
      if row.hasParts { throw line.line.partsError }
      guard let (answer, rank) = row.answer else { throw line.line.error(expected: "\"\(leastColumns.joined(separator: ","))\"") }
      let picture = row.picture
      let key = picture.picture ?? FileName(picture.image)
      if found[key] == nil { order.append(key) }
      var entry = found[key] ?? (picture, [])
      // The order of the answers is that of their ranks, as in the devkit.
      let place = entry.ranks.firstIndex { $0 > rank } ?? entry.ranks.endIndex
      entry.ranks.insert(rank, at: place)
      entry.picture.answers.insert(answer, at: place)
      found[key] = entry
    }
    return order.sorted().compactMap { found[$0]?.picture }
  }

  /// A line of the table.
  private struct Row {
    let fields: [TextList.Field]
    let places: [String: Int]

    private func field(_ name: String) -> TextList.Field? {
      guard let place = places[name], place < fields.count else { return nil }
      return fields[place]
    }

    private func text(_ name: String) -> String? {
      field(name).map { $0.text.trimmingCharacters(in: .whitespaces) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// True if the corners aren't pixels; see `BoundingBox.areParts`.
    var hasParts: Bool { BoundingBox.areParts(["xmin", "ymin", "xmax", "ymax"].compactMap { text($0).flatMap(Double.init) }) }

    /// Nil if the line has no box.
    var answer: (box: BoundingBox, rank: Int)? {
      let corners = ["xmin", "ymin", "xmax", "ymax"].compactMap { field($0)?.rounded }
      guard text("image") != nil, let wnid = text("wnid"), let rank = field("rank")?.rounded,
        let box = BoundingBox(wnid: wnid, corners: corners)
      else { return nil }
      return (box, rank)
    }

    /// The picture, without answers.
    var picture: PictureAnswers {
      var picture = PictureAnswers(image: text("image") ?? "", answers: [])
      picture.picture = text("picture").map(FileName.init(written:))
      if let width = field("width")?.rounded, let height = field("height")?.rounded, BoundingBox.corners.contains(width),
        BoundingBox.corners.contains(height), width > 0, height > 0
      {
        let orientation = field("orientation")?.rounded.flatMap(UInt16.init(exactly:)).flatMap(Orientation.init(rawValue:))
        picture.frame = PictureFrame(width: width, height: height, orientation: orientation ?? .upright)
      }
      return picture
    }
  }
}
