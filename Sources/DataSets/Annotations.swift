import Foundation

/// An object's box: pixels from 0, both ends inside (so its width is xmax − xmin + 1), as ILSVRC's files have it.
public struct BoundingBox: Sendable, Hashable, Codable {
  public let wnid: String
  public let xmin: Int
  public let ymin: Int
  public let xmax: Int
  public let ymax: Int

  public init(wnid: String, xmin: Int, ymin: Int, xmax: Int, ymax: Int) {
    self.wnid = wnid
    self.xmin = xmin
    self.ymin = ymin
    self.xmax = xmax
    self.ymax = ymax
  }
}

extension BoundingBox {
  /// Intersection over union: the part that both boxes have of the pixels that either has, 0 … 1, whatever their classes.
  public func overlap(with other: BoundingBox) -> Double {
    let width = min(xmax, other.xmax) - max(xmin, other.xmin) + 1
    let height = min(ymax, other.ymax) - max(ymin, other.ymin) + 1
    guard width > 0, height > 0 else { return 0 }
    let common = width * height
    return Double(common) / Double(area + other.area - common)
  }

  private var area: Int { (xmax - xmin + 1) * (ymax - ymin + 1) }
}

/// The size and objects of one picture.
public struct Annotation: Sendable, Hashable, Codable {
  /// Of the picture that the boxes were drawn in.
  public let width: Int
  public let height: Int
  public let boxes: [BoundingBox]

  public init(width: Int, height: Int, boxes: [BoundingBox]) {
    self.width = width
    self.height = height
    self.boxes = boxes
  }

  /// Reads a PASCAL VOC file.
  ///
  /// - Throws: `DataError` when it can't be read, a box has no class or a corner that is no number.
  public init(contentsOf path: String) throws(DataError) {
    try self.init(xml: readText(path), name: path)
  }

  package init(xml: String, name: String) throws(DataError) {
    var size = (width: 0, height: 0)
    var boxes: [BoundingBox] = []
    var fields: [String: String] = [:]
    for (path, text) in try xmlLeaves(xml, name: name) {
      switch path {
      case ["annotation", "size", "width"]: size.width = Int(text) ?? 0
      case ["annotation", "size", "height"]: size.height = Int(text) ?? 0
      case ["annotation", "object"]:
        // The end of an object. Corners may be written as 12.0.
        let corners = ["xmin", "ymin", "xmax", "ymax"].compactMap {
          fields[$0].flatMap(Double.init).flatMap { abs($0) < 1e9 ? Int($0.rounded()) : nil }
        }
        guard let wnid = fields["name"], corners.count == 4, corners[0] <= corners[2], corners[1] <= corners[3] else {
          throw DataError(.labels, "\(name): object \(boxes.count + 1) has no name or no box of four ordered numbers")
        }
        boxes.append(BoundingBox(wnid: wnid, xmin: corners[0], ymin: corners[1], xmax: corners[2], ymax: corners[3]))
        fields = [:]
      case ["annotation", "object", "name"]: fields["name"] = text
      default:
        if path.count == 4, path[1] == "object", path[2] == "bndbox" { fields[path[3]] = text }
      }
    }
    self.init(width: size.width, height: size.height, boxes: boxes)
  }

  /// The boxes in a picture of another size than that they were drawn in: each side moves with the picture.
  ///
  /// They stay as they are where that size isn't known, and in a picture that has been turned by a quarter since.
  public func boxes(width newWidth: Int, height newHeight: Int) -> [BoundingBox] {
    guard width > 0, height > 0, (width, height) != (newWidth, newHeight), (width, height) != (newHeight, newWidth) else {
      return boxes
    }
    func moved(_ edge: Int, _ old: Int, _ new: Int) -> Int { Int((Double(edge) * Double(new) / Double(old)).rounded()) }
    return boxes.map { box in
      let (xmin, ymin) = (moved(box.xmin, width, newWidth), moved(box.ymin, height, newHeight))
      return BoundingBox(
        wnid: box.wnid, xmin: xmin, ymin: ymin, xmax: max(xmin, moved(box.xmax + 1, width, newWidth) - 1),
        ymax: max(ymin, moved(box.ymax + 1, height, newHeight) - 1))
    }
  }

  /// The file's text in the same form.
  public func xml(folder: String, name: String) -> String {
    let objects = boxes.map { box in
      "\t<object>\n\t\t<name>\(box.wnid)</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>\n"
        + "\t\t<bndbox><xmin>\(box.xmin)</xmin><ymin>\(box.ymin)</ymin><xmax>\(box.xmax)</xmax><ymax>\(box.ymax)</ymax></bndbox>\n"
        + "\t</object>\n"
    }
    return "<annotation>\n\t<folder>\(folder)</folder>\n\t<filename>\(name)</filename>\n"
      + "\t<size><width>\(width)</width><height>\(height)</height><depth>3</depth></size>\n"
      + objects.joined() + "</annotation>\n"
  }
}

/// The annotations of all files `**/*.xml` under `folder`, by picture name without extension (the file's own name).
///
/// - Throws: `DataError` when the folder is missing, a file is damaged, or two of one name differ.
public func readAnnotations(_ folder: String) throws(DataError) -> [String: Annotation] {
  var found: [String: Annotation] = [:]
  let listing = try FolderListing(folder)
  for file in listing.files where file.hasSuffix(".xml") {
    found[String(file.dropLast(4))] = try Annotation(contentsOf: "\(folder)/\(file)")
  }
  for inner in listing.folders {
    for (name, annotation) in try readAnnotations("\(folder)/\(inner)") {
      guard found.updateValue(annotation, forKey: name).map({ $0 == annotation }) ?? true else {
        throw DataError(
          .labels,
          "\(folder) has two annotations named \(name) with other boxes; boxes are found by that name: give the folder of one set"
        )
      }
    }
  }
  return found
}

/// Every element of an XML text when it ends: its path from the root and its own text. Attributes, comments and
/// declarations are skipped; of the entities the five predefined ones are known. Enough for annotation files.
private func xmlLeaves(_ xml: String, name: String) throws(DataError) -> [(path: [String], text: String)] {
  var leaves: [(path: [String], text: String)] = []
  var path: [String] = []
  var text = ""
  var rest = xml[...]
  func damaged(_ what: String) -> DataError { DataError(.labels, "\(name): damaged XML: \(what); copy it again or remove it") }
  while let open = rest.firstIndex(of: "<") {
    text += rest[..<open]
    let isComment = rest[open...].hasPrefix("<!--")
    guard
      let close = isComment
        ? rest[open...].range(of: "-->")?.upperBound : rest[open...].firstIndex(of: ">").map({ rest.index(after: $0) })
    else { throw damaged("a tag isn't closed") }
    let tag = rest[rest.index(after: open)..<rest.index(before: close)]
    rest = rest[close...]
    if tag.hasPrefix("!") || tag.hasPrefix("?") { continue }
    if tag.hasPrefix("/") {
      guard path.last == String(tag.dropFirst()).trimmingCharacters(in: .whitespaces) else {
        throw damaged("</\(tag.dropFirst())> ends what isn't open")
      }
      leaves.append((path, decodeEntities(text.trimmingCharacters(in: .whitespacesAndNewlines))))
      path.removeLast()
    } else if !tag.hasSuffix("/") {
      path.append(String(tag.prefix { !$0.isWhitespace }))
    }
    text = ""
  }
  guard path.isEmpty, !leaves.isEmpty else { throw damaged(path.isEmpty ? "no elements" : "<\(path[0])> isn't closed") }
  return leaves
}

private func decodeEntities(_ text: String) -> String {
  guard text.contains("&") else { return text }
  return [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
    .reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
}
