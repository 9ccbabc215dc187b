import CPNG
import Files

/// Decodes a PNG file through libpng's simplified interface. Palette, grey, 16-bit and interlaced pictures become 8-bit sRGB, and
/// transparent pixels are composited on white (in linear light, as libpng does it). The picture is turned upright according to
/// the orientation in its EXIF chunk.
func decodePNG(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImageError) -> Picture {
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  defer { png_image_free(&image) }
  guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
    throw failure(of: image, name: name, count: bytes.count)
  }
  let (width, height) = (Int(image.width), Int(image.height))
  guard width * height <= PictureDecoder.maximumPixels else {
    throw ImageError(
      .undecodable,
      "cannot decode \(name): its header says \(width)×\(height), expected at most \(PictureDecoder.maximumPixels) pixels")
  }
  // This check comes before memory is allocated: deflate makes at most 1032 bytes from one, and a row has one byte more than its
  // pixels.
  let bits = Int(bytes[24]) * ([0: 1, 2: 3, 3: 1, 4: 2, 6: 4][bytes[25]] ?? 4)
  guard height * (1 + (width * bits + 7) / 8) <= 1032 * bytes.count else {
    throw ImageError(
      .undecodable,
      "cannot decode \(name): truncated PNG, \(bytes.count) bytes can't hold the \(width)×\(height) pixels that its header says; "
        + "copy it again or remove it")
  }
  image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
  // Reads 16-bit files without a gamma as sRGB like the others, not as linear.
  image.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
  var white = png_color(red: 255, green: 255, blue: 255)
  var succeeded = false
  let picture = Picture(width: width, height: height) { target in
    succeeded = png_image_finish_read(&image, &white, target.baseAddress, png_int_32(width * 3), nil) != 0
  }
  guard succeeded else { throw failure(of: image, name: name, count: bytes.count) }
  guard hasEndChunk(bytes) else {
    throw ImageError(
      .undecodable,
      "cannot decode \(name): truncated PNG, \(bytes.count) bytes without an end chunk; copy it again or remove it")
  }
  return picture.oriented(pngOrientation(bytes))
}

/// The orientation in which a PNG file stores its picture, by its chunk `eXIf`; upright if it has no intact one.
///
/// Source: W3C PNG, third edition, chunk eXIf (one, before or after the pixels; some writers put JPEG's EXIF mark before its
/// content).
func pngOrientation(_ bytes: UnsafeRawBufferPointer) -> Orientation {
  guard let chunk = pngChunk("eXIf", in: bytes) else { return .upright }
  let content = UnsafeRawBufferPointer(rebasing: chunk[4...])
  return (content.starts(with: exifMark) ? exifOrientation(content) : tiffOrientation(content)) ?? .upright
}

/// The type and the content of the first chunk of that type; nil if there is none, or if its checksum is wrong.
///
/// Source: PNG (ISO/IEC 15948), 5.3
func pngChunk(_ type: String, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
  func number(at offset: Int) -> Int { bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } }
  var start = 8
  while start + 12 <= bytes.count {
    let count = number(at: start)
    guard count <= bytes.count - start - 12 else { return nil }
    if bytes[(start + 4)..<(start + 8)].elementsEqual(type.utf8) {
      let checked = UnsafeRawBufferPointer(rebasing: bytes[(start + 4)..<(start + 8 + count)])
      return Int(crc32(of: checked)) == number(at: start + 8 + count) ? checked : nil
    }
    start += 12 + count
  }
  return nil
}

/// True if the file has an end chunk: libpng stops at the last row, but a file that is cut after it is still a damaged file.
private func hasEndChunk(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let end: [UInt8] = [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
  var start = bytes.count - end.count
  while start > 0 {
    if bytes[start..<(start + end.count)].elementsEqual(end) { return true }
    start -= 1
  }
  return false
}

private func failure(of image: png_image, name: String, count: Int) -> ImageError {
  ImageError(
    .undecodable,
    "cannot decode \(name): truncated or damaged PNG of \(count) bytes (\(message(of: image))); copy it again or remove it")
}

private func message(of image: png_image) -> String {
  withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

/// The bytes of a PNG file of 8-bit pixels.
///
/// - Parameters:
///   - samples: [height, width, channels], channels 1 (grey) or 3 (RGB).
///   - name: The name that errors use.
public func encodePNG(
  _ samples: [UInt8], width: Int, height: Int, channels: Int, name: String = "a PNG picture"
) throws(ImageError) -> [UInt8] {
  precondition(channels == 1 || channels == 3, "\(channels) channels are neither grey nor RGB")
  precondition(samples.count == width * height * channels && !samples.isEmpty, "\(samples.count) bytes for \(width)×\(height)")
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  image.width = png_uint_32(width)
  image.height = png_uint_32(height)
  image.format = channels == 3 ? png_uint_32(PNG_FORMAT_FLAG_COLOR) : 0
  let capacity = cpng_size_bound(image)
  var succeeded = false
  let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
    var size = png_alloc_size_t(capacity)
    succeeded = png_image_write_to_memory(&image, buffer.baseAddress, &size, 0, samples, png_int_32(width * channels), nil) != 0
    count = succeeded ? Int(size) : 0
  }
  guard succeeded else { throw ImageError(.invalidSize, "cannot encode \(name): \(message(of: image))") }
  return bytes
}

extension Picture {
  /// The bytes of an 8-bit RGB PNG file.
  public func encodedPNG() throws(ImageError) -> [UInt8] {
    try encodePNG(pixels, width: width, height: height, channels: 3)
  }

  /// Writes a PNG file, either whole or not at all; see `AtomicFile`.
  ///
  /// - Parameter flush: false for thousands of files that can be made again.
  /// - Throws: `ImageError` if the picture can't be encoded, `FileError` if it can't be written.
  public func writePNG(to path: String, flush: Bool = true) throws {
    try AtomicFile.write(encodePNG(pixels, width: width, height: height, channels: 3, name: path), to: path, flush: flush)
  }
}
