import Foundation

/// A Protocol Buffers message that is being built, as pieces of bytes; weights are pointed to and never copied.
///
/// It has only as much of the wire format as event files and ONNX need; a library would add generated code for hundreds of
/// messages.
/// Source: protobuf.dev, *Encoding*: a field is a tag (number · 8 + wire type) and a value; wire types 0 varint, 1 eight bytes, 2
/// length and bytes, 5 four bytes.
struct ProtobufMessage {
  private enum Piece {
    case bytes([UInt8])
    case memory(UnsafeRawBufferPointer)
  }

  private var pieces: [Piece] = []
  /// The number of bytes of the encoded message.
  private(set) var count = 0

  /// Adds an integer; a negative one takes ten bytes, as an int64.
  mutating func add(_ field: Int, _ value: Int) { append(Self.varint(field << 3) + Self.varint(value)) }

  /// Adds a 32-bit float.
  mutating func add(_ field: Int, _ value: Float) { append(Self.varint(field << 3 | 5) + Self.littleEndian(value.bitPattern)) }

  /// Adds a 64-bit float.
  mutating func add(_ field: Int, _ value: Double) { append(Self.varint(field << 3 | 1) + Self.littleEndian(value.bitPattern)) }

  mutating func add(_ field: Int, _ text: String) {
    let bytes = Array(text.utf8)
    append(Self.varint(field << 3 | 2) + Self.varint(bytes.count) + bytes)
  }

  mutating func add(_ field: Int, _ message: ProtobufMessage) {
    append(Self.varint(field << 3 | 2) + Self.varint(message.count))
    pieces += message.pieces
    count += message.count
  }

  /// Adds bytes that must stay in their place in memory until the message is written.
  mutating func add(_ field: Int, memory: UnsafeRawBufferPointer) {
    append(Self.varint(field << 3 | 2) + Self.varint(memory.count))
    pieces.append(.memory(memory))
    count += memory.count
  }

  private mutating func append(_ bytes: [UInt8]) {
    count += bytes.count
    if case .bytes(var last) = pieces.last {
      pieces.removeLast()
      last += bytes
      pieces.append(.bytes(last))
    } else {
      pieces.append(.bytes(bytes))
    }
  }

  /// Calls `body` with the message's bytes, piece by piece.
  func forEachPiece<Failure>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    for piece in pieces {
      switch piece {
      case .memory(let memory): try body(memory)
      case .bytes(let bytes):
        let result = bytes.withUnsafeBytes { pointer in Result { () throws(Failure) in try body(pointer) } }
        try result.get()
      }
    }
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    forEachPiece { bytes.append(contentsOf: $0) }
    return bytes
  }

  static func varint(_ value: Int) -> [UInt8] {
    var rest = UInt64(bitPattern: Int64(value))
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
