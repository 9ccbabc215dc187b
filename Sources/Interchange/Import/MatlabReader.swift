/// Reads the elements of a MATLAB 5.0 file one after the other, and the arrays in them.
struct MatlabReader {
  struct Element {
    let type: Int
    let data: ArraySlice<UInt8>
  }

  var bytes: ArraySlice<UInt8>
  let path: String

  var truncated: InterchangeError { .badData(path, "truncated or damaged MATLAB file; copy it again") }

  static func integer(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }

  mutating func next() throws(InterchangeError) -> Element? {
    guard !bytes.isEmpty else { return nil }
    guard bytes.count >= 8 else { throw truncated }
    let first = Self.integer(bytes.prefix(4))
    if first >> 16 != 0 {  // A small element has size and type in four bytes, and its data in the next four.
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

  /// The most arrays, cells and fields of structs in a file; a network has some thousands.
  static let mostValues = 1 << 22

  /// The name and the value of an array, from the data of an element of type 14.
  static func array(
    _ data: ArraySlice<UInt8>, path: String, depth: Int = 0, left: inout Int
  ) throws(InterchangeError) -> (name: String, value: MatlabValue) {
    var reader = MatlabReader(bytes: data, path: path)
    left -= 1
    guard left >= 0 else { throw .badData(path, "it has more than \(mostValues) values: no network or table of classes has") }
    if data.isEmpty { return ("", .other) }
    guard depth < 32 else { throw reader.truncated }
    guard let flags = try reader.next(), let kind = flags.data.first else { throw reader.truncated }
    // Functions and opaque objects have other parts, which aren't read.
    guard kind <= 15 else { return ("", .other) }
    guard let sizes = try reader.next(), let label = try reader.next() else { throw reader.truncated }
    let name = String(decoding: label.data, as: UTF8.self)
    var dimensions: [Int] = []
    var count = 1
    for start in stride(from: 0, to: sizes.data.count - 3, by: 4) {
      let size = Int(integer(sizes.data.dropFirst(start).prefix(4)))
      guard size <= 1 << 30, count <= 1 << 30 else { throw reader.truncated }
      dimensions.append(size)
      count *= size
    }
    switch kind {
    case 1: return (name, .cells(try reader.values(count, depth, &left)))
    case 2: return (name, .records(try reader.records(count, depth, &left)))
    case 4: return (name, try reader.text())
    case 6...15: return (name, try reader.numbers(dimensions, count))
    default: return (name, .other)
    }
  }

  private mutating func value(_ depth: Int, _ left: inout Int) throws(InterchangeError) -> MatlabValue {
    guard let element = try next() else { throw truncated }
    return try Self.array(element.data, path: path, depth: depth + 1, left: &left).value
  }

  private mutating func values(_ count: Int, _ depth: Int, _ left: inout Int) throws(InterchangeError) -> [MatlabValue] {
    var values: [MatlabValue] = []
    for _ in 0..<count { values.append(try value(depth, &left)) }
    return values
  }

  private mutating func records(_ count: Int, _ depth: Int, _ left: inout Int) throws(InterchangeError) -> [[String: MatlabValue]]
  {
    guard let length = try next(), let names = try next() else { throw truncated }
    let nameLength = Int(Self.integer(length.data.prefix(4)))
    guard nameLength > 0 else { return [] }
    let fields = stride(from: 0, to: names.data.count - nameLength + 1, by: nameLength).map { start in
      String(decoding: names.data.dropFirst(start).prefix(nameLength).prefix { $0 != 0 }, as: UTF8.self)
    }
    var records: [[String: MatlabValue]] = []
    for _ in 0..<(fields.isEmpty ? 0 : count) {
      var record: [String: MatlabValue] = [:]
      for field in fields { record[field] = try value(depth, &left) }
      records.append(record)
    }
    return records
  }

  /// Reads a text, which is in UTF-8 (16), in 16-bit units (4, 17) or in bytes.
  private mutating func text() throws(InterchangeError) -> MatlabValue {
    guard let content = try next() else { return .other }
    if content.type == 16 { return .text(String(decoding: content.data, as: UTF8.self)) }
    let isWide = content.type == 4 || content.type == 17
    let units =
      isWide
      ? stride(from: 0, to: content.data.count - 1, by: 2).map { UInt16(Self.integer(content.data.dropFirst($0).prefix(2))) }
      : content.data.map(UInt16.init)
    return .text(String(decoding: units, as: UTF16.self))
  }

  private mutating func numbers(_ dimensions: [Int], _ count: Int) throws(InterchangeError) -> MatlabValue {
    guard count > 0, let content = try next() else { return .other }
    guard let size = MatlabNumbers.size(ofStorage: content.type), content.data.count % size == 0,
      content.data.count / size == count
    else { throw truncated }
    return .numbers(MatlabNumbers(dimensions: dimensions, storage: content.type, bytes: content.data))
  }
}
