import Images

/// As much of MATLAB's version 5 file format as the ILSVRC devkit's class table needs: struct arrays of numbers and texts.
///
/// Source: MathWorks, *MAT-File Format* (R2019b), chapter 1: a header of 128 bytes, then elements of a tag (type, size) and data
/// padded to 8 bytes; type 15 is a zlib stream with one element; type 14 is an array of sub-elements.
struct MatlabFile {
  enum Value: Equatable {
    case number(Double)
    case text(String)
    case other
  }

  /// The struct arrays by name; a record maps field names to values.
  private(set) var structs: [String: [[String: Value]]] = [:]

  private let path: String

  init(_ path: String) throws(DataError) {
    self.path = path
    let bytes = try readBytes(path)
    guard bytes.count > 128, bytes.starts(with: "MATLAB 5.0".utf8), bytes[126] == 0x49, bytes[127] == 0x4D else {
      throw DataError(
        .labels, "cannot read \(path): expected a little-endian MATLAB 5.0 file, found \(bytes.count) bytes of another kind")
    }
    var reader = Reader(bytes: bytes[128...], path: path)
    while var element = try reader.next() {
      if element.type == 15 {
        let content: [UInt8]
        do throws(ImageError) {
          content = try inflated(Array(element.data), name: path)
        } catch { throw DataError(.labels, error.description) }
        var inner = Reader(bytes: content[...], path: path)
        guard let first = try inner.next() else { continue }
        element = first
      }
      if element.type == 14 { try readArray(element.data) }
    }
  }

  private mutating func readArray(_ data: ArraySlice<UInt8>) throws(DataError) {
    var reader = Reader(bytes: data, path: path)
    let header = try Header(&reader)
    guard header.kind == 2 else { return }
    guard let length = try reader.next(), let names = try reader.next() else { throw reader.truncated }
    let nameLength = Int(Reader.integer(length.data.prefix(4)))
    guard nameLength > 0 else { return }
    let fields = stride(from: 0, to: names.data.count - nameLength + 1, by: nameLength).map { start in
      String(decoding: names.data.dropFirst(start).prefix(nameLength).prefix { $0 != 0 }, as: UTF8.self)
    }
    var records: [[String: Value]] = []
    for _ in 0..<header.count {
      var record: [String: Value] = [:]
      for field in fields {
        guard let element = try reader.next() else { throw reader.truncated }
        record[field] = try value(element.data)
      }
      records.append(record)
    }
    structs[header.name] = records
  }

  private func value(_ data: ArraySlice<UInt8>) throws(DataError) -> Value {
    if data.isEmpty { return .other }
    var reader = Reader(bytes: data, path: path)
    let header = try Header(&reader)
    guard let content = try reader.next() else { return .other }
    if header.kind == 4 {
      // Text is UTF-8 (16), 16-bit units (4, 17) or bytes.
      let isWide = content.type == 4 || content.type == 17
      let units =
        isWide
        ? stride(from: 0, to: content.data.count - 1, by: 2).map {
          UInt16(Reader.integer(content.data.dropFirst($0).prefix(2)))
        } : content.data.map(UInt16.init)
      return .text(content.type == 16 ? String(decoding: content.data, as: UTF8.self) : String(decoding: units, as: UTF16.self))
    }
    guard header.count == 1 else { return .other }
    if content.type == 9, content.data.count == 8 {
      let bits = content.data.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return .number(Double(bitPattern: bits))
    }
    return (1...6).contains(content.type) ? .number(Double(Reader.integer(content.data.prefix(4)))) : .other
  }

  /// The parts that every array starts with: flags, dimensions, name.
  private struct Header {
    let kind: UInt8
    let count: Int
    let name: String

    init(_ reader: inout Reader) throws(DataError) {
      guard let flags = try reader.next(), let dimensions = try reader.next(), let name = try reader.next(),
        let kind = flags.data.first
      else { throw reader.truncated }
      self.kind = kind
      var count = 1
      for start in stride(from: 0, to: dimensions.data.count - 3, by: 4) {
        let size = Int(Reader.integer(dimensions.data.dropFirst(start).prefix(4)))
        guard size <= 1 << 20, count <= 1 << 20 else { throw reader.truncated }
        count *= size
      }
      self.count = count
      self.name = String(decoding: name.data, as: UTF8.self)
    }
  }

  private struct Element {
    let type: Int
    let data: ArraySlice<UInt8>
  }

  private struct Reader {
    var bytes: ArraySlice<UInt8>
    let path: String

    var truncated: DataError { DataError(.labels, "cannot read \(path): truncated or damaged MATLAB file; copy it again") }

    static func integer(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }

    mutating func next() throws(DataError) -> Element? {
      guard !bytes.isEmpty else { return nil }
      guard bytes.count >= 8 else { throw truncated }
      let first = Self.integer(bytes.prefix(4))
      if first >> 16 != 0 {  // A small element: size and type in four bytes, data in the next four.
        let size = Int(first >> 16)
        guard size <= 4 else { throw truncated }
        let element = Element(type: Int(first & 0xFFFF), data: bytes.dropFirst(4).prefix(size))
        bytes = bytes.dropFirst(8)
        return element
      }
      let size = Int(Self.integer(bytes.dropFirst(4).prefix(4)))
      guard bytes.count >= 8 + size else { throw truncated }
      let element = Element(type: Int(first), data: bytes.dropFirst(8).prefix(size))
      // Compressed elements aren't padded.
      bytes = bytes.dropFirst(8 + (first == 15 ? size : (size + 7) / 8 * 8))
      return element
    }
  }
}

/// The wnid of each devkit class id (1 … 1000; higher ids are inner nodes of the tree), from `ILSVRC2012_meta.mat`.
package func devkitClasses(_ path: String) throws(DataError) -> [Int: String] {
  var wnids: [Int: String] = [:]
  for record in try MatlabFile(path).structs["synsets"] ?? [] {
    if case .number(let id) = record["ILSVRC2012_ID"], case .text(let wnid) = record["WNID"] { wnids[Int(id)] = wnid }
  }
  guard !wnids.isEmpty else {
    throw DataError(.labels, "cannot read \(path): no table synsets with ILSVRC2012_ID and WNID; is it the devkit's meta file?")
  }
  return wnids
}
