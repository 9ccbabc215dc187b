import Foundation

/// A view of an encoded Protocol Buffers message. Nothing is copied, so the bytes must stay in memory longer than it.
///
/// Source: protobuf.dev, *Encoding*.
struct ProtobufReader {
  enum Value {
    case integer(UInt64)
    /// Wire type 5.
    case four(UInt32)
    /// Wire type 1.
    case eight(UInt64)
    case bytes(UnsafeRawBufferPointer)
  }

  /// The most fields of one message; weights are packed, many in one field.
  private static let mostFields = 1 << 24

  /// The fields in the order of the file; a repeated one is there several times.
  let fields: [(number: Int, value: Value)]

  /// - Throws: `InterchangeError` if the bytes are no such message.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(InterchangeError) {
    var fields: [(number: Int, value: Value)] = []
    var position = 0
    func damaged() -> InterchangeError {
      .badData(
        path,
        "expected a Protocol Buffers message, found something else at byte \(position) of \(bytes.count): "
          + "truncated, damaged or another kind of file; copy it again")
    }
    func varint() throws(InterchangeError) -> UInt64 {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 7) {
        guard position < bytes.count else { throw damaged() }
        let byte = bytes[position]
        position += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
      }
      throw damaged()
    }
    while position < bytes.count {
      guard fields.count < Self.mostFields else { throw .badData(path, "a message of more than \(Self.mostFields) fields") }
      let tag = try varint()
      guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw damaged() }
      let number = Int(tag >> 3)
      switch tag & 7 {
      case 0: fields.append((number, .integer(try varint())))
      case 1:
        guard position + 8 <= bytes.count else { throw damaged() }
        fields.append((number, .eight(bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian)))
        position += 8
      case 2:
        let length = try varint()
        guard length <= UInt64(bytes.count - position) else { throw damaged() }
        fields.append((number, .bytes(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + Int(length))]))))
        position += Int(length)
      case 5:
        guard position + 4 <= bytes.count else { throw damaged() }
        fields.append((number, .four(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian)))
        position += 4
      default: throw damaged()
      }
    }
    self.fields = fields
  }

  /// The last value of an integer field, which counts according to the format; nil if there is none.
  func integer(_ number: Int) -> Int? {
    for field in fields.reversed() where field.number == number {
      if case .integer(let value) = field.value { return Int(truncatingIfNeeded: value) }
    }
    return nil
  }

  func float(_ number: Int) -> Float? {
    for field in fields.reversed() where field.number == number {
      if case .four(let bits) = field.value { return Float(bitPattern: bits) }
    }
    return nil
  }

  func text(_ number: Int) -> String? { bytes(number).last.map { String(decoding: $0, as: UTF8.self) } }

  /// All values of a field of bytes.
  func bytes(_ number: Int) -> [UnsafeRawBufferPointer] {
    fields.compactMap { field in
      guard field.number == number, case .bytes(let bytes) = field.value else { return nil }
      return bytes
    }
  }

  /// All integers of a repeated field, packed or not.
  func integers(_ number: Int, path: String) throws(InterchangeError) -> [Int] {
    var values: [Int] = []
    for field in fields where field.number == number {
      switch field.value {
      case .integer(let value): values.append(Int(truncatingIfNeeded: value))
      case .bytes(let packed):
        var value: UInt64 = 0
        var shift: UInt64 = 0
        for byte in packed {
          guard shift < 64 else { throw .badData(path, "an integer of more than ten bytes: damaged; copy the file again") }
          value |= UInt64(byte & 0x7F) << shift
          shift += 7
          if byte < 0x80 {
            values.append(Int(truncatingIfNeeded: value))
            (value, shift) = (0, 0)
          }
        }
      default: break
      }
    }
    return values
  }

  /// All 32-bit floats of a repeated field, packed or not.
  func floats(_ number: Int) -> [Float] {
    var values: [Float] = []
    for field in fields where field.number == number {
      switch field.value {
      case .four(let bits): values.append(Float(bitPattern: bits))
      case .bytes(let packed):
        values.reserveCapacity(values.count + packed.count / 4)
        for offset in stride(from: 0, to: packed.count - 3, by: 4) {
          values.append(Float(bitPattern: packed.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian))
        }
      default: break
      }
    }
    return values
  }
}
