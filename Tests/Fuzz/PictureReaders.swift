#if DEBUG || TESTABLE
  import CPNG
  import Foundation

  @testable import Images

  /// JPEG, PNG and zlib streams.
  func pictureReaders() throws -> [FuzzReader] {
    let decoder = try PictureDecoder()
    func decode(_ bytes: UnsafeRawBufferPointer) throws {
      _ = PictureFacts(bytes)
      // Reduced by its frequencies too, as where a picture is resized.
      for shorterSide in [nil, 3] {
        let picture = try decoder.decode(bytes, name: "the input", minimumShorterSide: shorterSide)
        precondition(picture.width > 0 && picture.pixels.count == picture.width * picture.height * 3)
      }
    }
    return [
      FuzzReader(
        name: "jpeg", sources: ["Images/JPEGHeader.swift", "Images/PictureDecoder.swift", "Images/PictureFacts.swift"],
        seeds: { try goldenFiles("ImagesTests") { $0.hasSuffix(".jpg") } + [smallPicture(21).encodedJPEG(quality: 80)] },
        read: decode),
      FuzzReader(
        name: "png", sources: ["Images/PNG.swift", "Images/PictureDecoder.swift", "Images/PictureFacts.swift"],
        seeds: { try goldenFiles("ImagesTests") { $0.hasSuffix(".png") } + [smallPicture(9).encodedPNG()] },
        read: { bytes in try withChunkSums(bytes, decode) }),
      FuzzReader(
        name: "inflate", sources: ["Images/Inflate.swift"],
        seeds: {
          [
            compressed(Array("a text, a text, a text".utf8)),
            compressed((0..<2000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 5) }),
          ]
        },
        read: { bytes in _ = try inflated(bytes, name: "the input", limit: 1 << 24) }),
    ]
  }

  private func smallPicture(_ side: Int) -> Picture {
    Picture(width: side, height: side) { pixels in
      for index in pixels.indices { pixels[index] = UInt8(truncatingIfNeeded: index * index * 37 >> 3) }
    }
  }

  /// A zlib stream of the bytes.
  func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    var stream = [UInt8](repeating: 0, count: Int(count))
    precondition(compress(&stream, &count, bytes, UInt(bytes.count)) == Z_OK)
    return Array(stream.prefix(Int(count)))
  }

  /// The PNG file with the right sum after each chunk, so that what stands in the chunks is read.
  private func withChunkSums(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var file = [UInt8](bytes)
    var start = 8
    while start + 12 <= file.count {
      let length = file[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
      let end = start + 8 + length
      guard end + 4 <= file.count else { break }
      let sum = file.withUnsafeBytes { crc32(of: UnsafeRawBufferPointer(rebasing: $0[(start + 4)..<end])) }
      for place in 0..<4 { file[end + place] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * place)) }
      start = end + 4
    }
    try file.withUnsafeBytes(body)
  }
#endif
