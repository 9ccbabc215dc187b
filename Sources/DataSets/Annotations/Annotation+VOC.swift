import Files
import Foundation

extension Annotation {
  /// The most bytes of an annotation file, 16 MiB; a larger file is none.
  static let largestFile = 16 << 20

  /// Reads a PASCAL VOC file. An object without a name or a usable box becomes one of the `faults`; the other objects count.
  ///
  /// - Throws: `DataError` if the file can't be read, or isn't the XML of an annotation.
  public init(contentsOf path: FileName) throws(DataError) {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try WholeFile.read(path, limit: Self.largestFile)
    } catch {
      throw DataError(error)
    }
    try self.init(xml: bytes, name: path.written)
  }

  package init(xml: String, name: String) throws(DataError) { try self.init(xml: Array(xml.utf8), name: name) }

  init(xml: [UInt8], name: String) throws(DataError) {
    do throws(XMLProblem) {
      var elements = XMLElements(try XMLText.utf8(xml))
      var reading = VOCReading()
      while let element = try elements.next() { try reading.take(element) }
      self = reading.annotation
    } catch {
      throw DataError(.labels, "\(name): damaged XML: \(error.description); copy it again or remove it")
    }
  }
}

/// An annotation whose elements are being read.
private struct VOCReading {
  /// The numbers of the current `<bndbox>` by their elements' names, or the reason why an element is no number.
  private var corners: [String: Result<Double, XMLProblem>] = [:]
  /// The name of the current object, and the boxes that it has so far.
  private var name: Result<String, XMLProblem>?
  private var found: [[String: Result<Double, XMLProblem>]] = []

  private var width: Result<Double, XMLProblem>?
  private var height: Result<Double, XMLProblem>?
  private var fileName: String?
  private var folder: String?
  private var boxes: [BoundingBox] = []
  private var faults: [String] = []
  private var objects = 0

  private static let edges = ["xmin", "ymin", "xmax", "ymax"]

  /// - Throws: `XMLProblem` if the root is that of another kind of file.
  mutating func take(_ element: XMLElements.Element) throws(XMLProblem) {
    guard element.path[0] == "annotation" else {
      throw XMLProblem("its root is <\(element.path[0])>, expected <annotation>")
    }
    switch element.path.dropFirst() {
    case ["filename"]: fileName = try? element.string()
    case ["folder"]: folder = try? element.string()
    case ["size", "width"]: width = element.number()
    case ["size", "height"]: height = element.number()
    case ["object", "name"]: if name == nil { name = Result { () throws(XMLProblem) in try element.string() } }
    case ["object", "bndbox"]:
      found.append(corners)
      corners = [:]
    case ["object"]: endObject()
    case let inner where inner.count == 3 && inner.starts(with: ["object", "bndbox"]):
      if Self.edges.contains(element.path[3]) { corners[element.path[3]] = element.number() }
    default: break
    }
  }

  private mutating func endObject() {
    objects += 1
    defer { (name, found, corners) = (nil, [], [:]) }
    func fault(_ what: String) { faults.append("object \(objects) \(what)") }
    let wnid: String
    switch name {
    case .success(let text) where !text.isEmpty: wnid = text
    case .failure(let problem): return fault("has a name that can't be read: \(problem.description)")
    default: return fault("has no name")
    }
    if found.isEmpty { fault("(\(wnid)) has no box") }
    for numbers in found {
      var (corners, exact) = ([Int](), [Double]())
      for edge in Self.edges {
        switch numbers[edge] {
        case .success(let value):
          corners.append(Int(value.rounded()))
          exact.append(value)
        case .failure(let problem): fault("(\(wnid)) has a box whose \(edge) \(problem.description)")
        case nil: fault("(\(wnid)) has a box without \(edge)")
        }
      }
      guard corners.count == 4 else { continue }
      if BoundingBox.areParts(exact) {
        fault("(\(wnid)) has a box in parts of the picture, from 0 to 1; pixels are expected")
        continue
      }
      guard let box = BoundingBox(wnid: wnid, corners: corners) else {
        fault("(\(wnid)) has a box from \(corners[0]), \(corners[1]) to \(corners[2]), \(corners[3]): its corners are exchanged")
        continue
      }
      boxes.append(box)
    }
  }

  var annotation: Annotation {
    var faults = faults
    func side(_ read: Result<Double, XMLProblem>?, _ name: String) -> Int {
      switch read {
      case .success(let value) where value.rounded() > 0: return Int(value.rounded())
      case .success(let value): faults.append("the picture's \(name) is said to be \(Int(value.rounded()))")
      case .failure(let problem): faults.append("the picture's \(name) \(problem.description)")
      case nil: break
      }
      return 0
    }
    let size = (width: side(width, "width"), height: side(height, "height"))
    let isKnown = size.width > 0 && size.height > 0
    // A box without a pixel in the picture that it was drawn in must be wrong.
    let seen = boxes.filter { !isKnown || $0.isSeen(width: size.width, height: size.height) }
    if seen.count < boxes.count {
      faults.append("\(boxes.count - seen.count) of its boxes lie outside of the picture's \(size.width)×\(size.height) pixels")
    }
    return Annotation(
      width: isKnown ? size.width : 0, height: isKnown ? size.height : 0, boxes: seen, fileName: fileName, folder: folder,
      faults: faults)
  }
}

extension XMLElements.Element {
  /// The element's text as a String.
  fileprivate func string() throws(XMLProblem) -> String {
    if let unknownEntity { throw XMLProblem("it has the entity &\(unknownEntity);, which isn't known") }
    guard let text = String(validating: text, as: UTF8.self) else { throw XMLProblem("it isn't UTF-8") }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The text as a number of pixels, which may be written as 12.0 or 12.6.
  fileprivate func number() -> Result<Double, XMLProblem> {
    Result { () throws(XMLProblem) in
      let text = try string()
      // Only decimal numbers count: `Double` would also read hexadecimal ones, infinities and nan.
      let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
      guard isDecimal, let value = Double(text), let number = Int(exactly: value.rounded()),
        BoundingBox.corners.contains(number)
      else { throw XMLProblem(text.isEmpty ? "is empty" : "is no number of pixels: \"\(text.prefix(40))\"") }
      return value
    }
  }
}
