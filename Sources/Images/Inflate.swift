import CPNG

/// The content of a zlib stream (RFC 1950).
///
/// - Throws: `ImageError` when the stream is damaged, truncated, or gives more than `limit` bytes.
public func inflated(_ stream: [UInt8], name: String, limit: Int = 1 << 28) throws(ImageError) -> [UInt8] {
  var capacity = max(1 << 16, stream.count * 8)
  while true {
    var count = uLongf(min(capacity, limit))
    var content = [UInt8](repeating: 0, count: Int(count))
    switch uncompress(&content, &count, stream, uLong(stream.count)) {
    case Z_OK:
      content.removeLast(content.count - Int(count))
      return content
    case Z_BUF_ERROR where capacity < limit: capacity *= 4
    case let status:
      throw ImageError(
        .undecodable, "cannot unpack \(name): damaged or truncated zlib stream of \(stream.count) bytes (code \(status))")
    }
  }
}

/// The CRC-32 of bytes (ISO 3309, as in PNG and gzip).
public func crc32(of bytes: UnsafeRawBufferPointer) -> UInt32 {
  var value = crc32(0, nil, 0)
  // The call counts in 32 bits.
  for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
    let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + (1 << 30), bytes.count)])
    value = crc32(value, piece.bindMemory(to: UInt8.self).baseAddress, uInt(piece.count))
  }
  return UInt32(truncatingIfNeeded: value)
}
