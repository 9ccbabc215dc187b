import Files

/// Tiny ImageNet's tables: `<wnid>_boxes.txt` beside `images/` in a class folder, and `val_annotations.txt`.
///
/// A line is `name xmin ymin xmax ymax`, or `name wnid xmin ymin xmax ymax`, divided by tabs; pixels count from 0.
enum TinyImageNet {
  /// True if the class folders in a folder hold `images/` and a table of boxes.
  static func isTrain(_ folder: String) -> Bool {
    guard let name = contentsIfThere(folder)?.folders.first else { return false }
    let first = String(decoding: name.bytes, as: UTF8.self)
    return FilePath.isFolder("\(folder)/\(first)/images") && FilePath.isFile(table(of: first, in: "\(folder)/\(first)"))
  }

  /// True if a file has the name of such a table.
  static func isTable(_ file: FileName) -> Bool {
    let name = file.last.bytes
    return file.last == "val_annotations.txt" || name.suffix(boxes.count) == boxes[...]
  }

  static func table(of wnid: String, in folder: String) -> String { "\(folder)/\(wnid)_boxes.txt" }

  private static let boxes = Array("_boxes.txt".utf8)

  /// One line of a table: a picture and its box.
  struct Row {
    let picture: FileName
    let wnid: String
    /// Nil if the corners make no box.
    let box: BoundingBox?
    let line: TextList.Line
  }

  /// - Throws: `DataError` if the file can't be read, or a line has another form.
  static func rows(of path: String) throws(DataError) -> [Row] {
    let isValidation = FileName(path).last == "val_annotations.txt"
    let own = FileName(bytes: FileName(path).last.bytes.dropLast(boxes.count)).written
    var rows: [Row] = []
    for line in try readList(path).entries {
      let words = line.words()
      guard words.count == (isValidation ? 6 : 5) else {
        throw DataError(line.error(expected: isValidation ? "\"name wnid xmin ymin xmax ymax\"" : "\"name xmin ymin xmax ymax\""))
      }
      let wnid = isValidation ? words[1].name.written : own
      let corners = words.suffix(4).compactMap(\.integer)
      rows.append(Row(picture: words[0].name, wnid: wnid, box: BoundingBox(wnid: wnid, corners: corners), line: line))
    }
    return rows
  }

  /// The annotations of a table's pictures, by their names without ending, in the table's order; several lines for one picture
  /// are several boxes.
  static func annotations(of path: String) throws(DataError) -> [(stem: FileName, annotation: Annotation)] {
    var order: [FileName] = []
    var found: [FileName: (boxes: [BoundingBox], faults: [String])] = [:]
    for row in try rows(of: path) {
      let stem = row.picture.stem
      if found[stem] == nil { order.append(stem) }
      var entry = found[stem] ?? ([], [])
      if let box = row.box {
        entry.boxes.append(box)
      } else {
        entry.faults.append("line \(row.line.number) has no box: \"\(row.line.shown)\"")
      }
      found[stem] = entry
    }
    return order.compactMap { stem in
      found[stem].map { (stem, Annotation(width: 0, height: 0, boxes: $0.boxes, faults: $0.faults)) }
    }
  }
}
