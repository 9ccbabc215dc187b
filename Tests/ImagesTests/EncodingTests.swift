import Foundation
import Testing

@testable import Images

@Suite("Encoding and writing")
struct EncodingTests {
  @Test("a PNG gives back the pixels that went in")
  func roundTrip() throws {
    let picture = try Golden.picture("resize-source", width: 64, height: 48)
    #expect(try Picture(decoding: picture.encodedPNG()) == picture)
    let grey = (0..<(5 * 7)).map { UInt8($0 * 7) }
    let found = try Picture(decoding: encodePNG(grey, width: 5, height: 7, channels: 1))
    #expect(found.pixels == grey.flatMap { [$0, $0, $0] })
  }

  @Test("a JPEG gives back nearly the pixels that went in, nearer with more quality")
  func jpeg() throws {
    let picture = try Golden.picture("chroma444")
    let errors = try [30, 75, 98].map { difference(try Picture(decoding: picture.encodedJPEG(quality: $0)), picture).mean }
    #expect(errors[0] > errors[1] && errors[1] > errors[2] && errors[2] < 4, "\(errors)")
  }

  @Test("a written file is whole, replaces an older one and leaves nothing else in the folder")
  func atomic() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.png"
      try Data("old".utf8).write(to: URL(fileURLWithPath: path))
      let picture = try Golden.picture("chroma444")
      try picture.writePNG(to: path)
      #expect(try Picture(contentsOf: path) == picture)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
    }
  }
}
