import CZlib

/// Unpacks a deflate stream piece by piece (RFC 1951), with or without gzip's header around it (RFC 1952).
final class DeflateStream {
  enum Framing: Int32 {
    case none = -15
    case gzip = 31
  }

  /// A fault that zlib has found, or the reason why its input can't be read.
  struct Problem: Error {
    let text: String
    let cause: FileError?

    init(text: String) { (self.text, cause) = (text, nil) }

    init(_ cause: FileError) { (text, self.cause) = (cause.description, cause) }
  }

  private var state = z_stream()
  private(set) var isAtEnd = false

  init(_ framing: Framing) throws(Problem) {
    let status = inflateInit2_(&state, framing.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw Problem(text: "zlib cannot begin (code \(status))") }
  }

  deinit { inflateEnd(&state) }

  /// Unpacks as much as fits.
  ///
  /// - Returns: The number of input bytes that were taken, and the number of output bytes that were made.
  func unpack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(Problem) -> (
    taken: Int, made: Int
  ) {
    // zlib counts in 32 bits.
    let (given, room) = (min(input.count, 1 << 30), min(output.count, 1 << 30))
    state.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    state.next_out = output.bindMemory(to: UInt8.self).baseAddress
    (state.avail_in, state.avail_out) = (uInt(given), uInt(room))
    let status = inflate(&state, Z_NO_FLUSH)
    isAtEnd = status == Z_STREAM_END
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
      throw Problem(text: state.msg.map { String(cString: $0) } ?? "code \(status)")
    }
    return (given - Int(state.avail_in), room - Int(state.avail_out))
  }

  /// Starts the next stream, where several follow each other in one file.
  func restart() {
    inflateReset(&state)
    isAtEnd = false
  }

  /// Packs the bytes as a stream of their own, in zlib's fastest way.
  static func packed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var size = compressBound(uLong(bytes.count))
    var packed = [UInt8](repeating: 0, count: Int(size))
    let status = compress2(&packed, &size, bytes.bindMemory(to: UInt8.self).baseAddress, uLong(bytes.count), Z_BEST_SPEED)
    precondition(status == Z_OK, "compress2: \(status)")
    packed.removeLast(packed.count - Int(size))
    return packed
  }

  /// - Returns: false if the packed bytes aren't what `packed` made of so many bytes.
  static func unpack(_ packed: [UInt8], into bytes: UnsafeMutableRawBufferPointer) -> Bool {
    var size = uLong(bytes.count)
    return uncompress(bytes.bindMemory(to: UInt8.self).baseAddress, &size, packed, uLong(packed.count)) == Z_OK
      && size == bytes.count
  }

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
  }
}
