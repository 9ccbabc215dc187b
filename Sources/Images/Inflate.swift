import CPNG

/// The unpacked content of a zlib stream (RFC 1950).
///
/// - Throws: `ImageError` if the stream is damaged, truncated, or unpacks to more than `limit` bytes.
public func inflated(_ stream: some Collection<UInt8>, name: String, limit: Int = 1 << 28) throws(ImageError) -> [UInt8] {
  func failure(_ status: Int32) -> ImageError {
    ImageError(
      .undecodable, "cannot unpack \(name): damaged or truncated zlib stream of \(stream.count) bytes (code \(status))")
  }
  var state = z_stream()
  let opened = inflateInit_(&state, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  guard opened == Z_OK else { throw failure(opened) }
  defer { inflateEnd(&state) }
  var content: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 18)
  var status = Z_OK
  let result: Void? = stream.withContiguousStorageIfAvailable { input in
    state.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    // zlib counts in 32 bits.
    var left = input.count
    repeat {
      if state.avail_in == 0 {
        state.avail_in = uInt(min(left, 1 << 30))
        left -= Int(state.avail_in)
      }
      status = piece.withUnsafeMutableBufferPointer { output in
        state.next_out = output.baseAddress
        state.avail_out = uInt(output.count)
        return inflate(&state, Z_NO_FLUSH)
      }
      content.append(contentsOf: piece[0..<(piece.count - Int(state.avail_out))])
    } while status == Z_OK && content.count <= limit && (state.avail_in > 0 || left > 0 || state.avail_out == 0)
  }
  guard result != nil else { return try inflated(Array(stream), name: name, limit: limit) }
  guard status == Z_STREAM_END, content.count <= limit else { throw failure(status) }
  return content
}

/// The CRC-32 of bytes (ISO 3309, as in PNG and gzip).
public func crc32(of bytes: UnsafeRawBufferPointer) -> UInt32 {
  var value = crc32(0, nil, 0)
  // zlib counts in 32 bits.
  for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
    let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + (1 << 30), bytes.count)])
    value = crc32(value, piece.bindMemory(to: UInt8.self).baseAddress, uInt(piece.count))
  }
  return UInt32(truncatingIfNeeded: value)
}
