import CMPI
import Files
import Foundation

/// Broadcast: all ranks receive what one rank has.
///
///               rank 0    rank 1    rank 2
///     before    "cnn-f"   -         -
///     after     "cnn-f"   "cnn-f"   "cnn-f"      broadcast(from: 0)
///
/// Source: `MPI_Bcast`, MPI-3.1 section 5.4.
extension Communicator {
  /// Overwrites `buffer` with that of rank `root`.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective, with the same count on all ranks.
  public func broadcast<Element: MPIElement>(
    _ buffer: UnsafeMutableBufferPointer<Element>, from root: Int = 0
  ) throws(MPIError) {
    precondition((0..<size).contains(root), "no rank \(root) among \(size)")
    if size == 1 { return }
    try Activity.exchanging { () throws(MPIError) in
      try forEachChunk(of: buffer) { (start, count) throws(MPIError) in
        try check(
          MPI_Bcast(start, count, Element.datatype, Int32(root), handle),
          "MPI_Bcast", "broadcasting \(buffer.count) \(Element.self) from rank \(root) to \(size) ranks")
        Activity.advance()
      }
    }
  }

  /// The bytes of rank `root`; those of the other ranks are ignored, and may differ in length.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func broadcast(_ bytes: [UInt8], from root: Int = 0) throws(MPIError) -> [UInt8] {
    var count = bytes.count
    let counted = withUnsafeMutablePointer(to: &count) { pointer in
      Result { () throws(MPIError) in
        try broadcast(UnsafeMutableBufferPointer(start: pointer, count: 1), from: root)
      }
    }
    try counted.get()
    var result = rank == root ? bytes : [UInt8](repeating: 0, count: count)
    let sent = result.withUnsafeMutableBufferPointer { buffer in
      Result { () throws(MPIError) in try broadcast(buffer, from: root) }
    }
    try sent.get()
    return result
  }

  /// The text of rank `root`.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func broadcast(_ text: String, from root: Int = 0) throws(MPIError) -> String {
    String(decoding: try broadcast(rank == root ? Array(text.utf8) : [], from: root), as: UTF8.self)
  }

  /// The value of rank `root`; other ranks may give nil. It travels as JSON, numbers exact, infinities and NaN included.
  ///
  /// - Throws: `MPIError`, or an error of the encoder or decoder.
  /// - Note: collective
  public func broadcast<Value: Codable>(_ value: Value?, from root: Int = 0) throws -> Value {
    let bytes = rank == root ? try Self.encoded(value) : []
    return try Self.decoded(broadcast(bytes, from: root))
  }

  /// A value as JSON, in an array, since a bare number is no JSON text for some decoders.
  static func encoded(_ value: (some Encodable)?) throws -> [UInt8] {
    Array(try JSONText.encoder(hasNonFinite: true).encode([value]))
  }

  static func decoded<Value: Decodable>(_ bytes: [UInt8]) throws -> Value {
    try JSONText.decoder.decode([Value].self, from: Data(bytes))[0]
  }
}
