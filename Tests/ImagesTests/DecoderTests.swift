import Foundation
import Testing

@testable import Images

@Suite("Decoding")
struct DecoderTests {
  struct Case: CustomStringConvertible, Sendable {
    let name: String
    let file: String
    let tolerance: Double
    var description: String { file }
  }

  /// Both use libjpeg-turbo, of different versions: upsampling and the CMYK product may round differently by 1 or 2.
  static let kinds =
    ["chroma444", "chroma422", "chroma420", "progressive", "grey", "cmyk-adobe", "ycck"]
    .map { Case(name: $0, file: "\($0).jpg", tolerance: 2) }
    // Here the expected picture comes from the inverted file, whose quantisation rounds the other way.
    + [Case(name: "cmyk-plain", file: "cmyk-plain.jpg", tolerance: 4)]
    // A PNG is exact, except for 16 bit and grey conversions, which libpng rounds in linear light.
    + ["png-rgb8", "png-grey8", "png-rgba8", "png-palette", "png-grey1"].map { Case(name: $0, file: "\($0).png", tolerance: 0) }
    + ["png-rgb16", "png-grey16"].map { Case(name: $0, file: "\($0).png", tolerance: 1) }

  @Test("every kind of file has the pixels that Pillow reads", arguments: kinds)
  func kind(_ test: Case) throws {
    let found = try Picture(contentsOf: Golden.path(test.file))
    let difference = try difference(found, Golden.picture(test.name))
    #expect(difference.largest <= test.tolerance, "\(test.file): \(difference)")
  }

  @Test("EXIF orientations are turned upright", arguments: 1...8)
  func orientation(_ value: Int) throws {
    let found = try Picture(contentsOf: Golden.path("orientation\(value).jpg"))
    let turned = try difference(found, Golden.picture("orientation\(value)"))
    #expect(turned.largest <= 2, "\(turned)")
    // And all eight show one scene: apart from JPEG's losses.
    #expect(try difference(found, Golden.picture("orientation1")).mean < 2)
  }

  @Test(
    "a PNG is turned after its eXIf chunk, before or after the pixels; a damaged one doesn't count",
    arguments: Orientation.allCases)
  func pngOrientation(_ orientation: Orientation) throws {
    let plain = try Golden.bytes("png-rgb8.png")
    let stored = try Golden.picture("png-rgb8")
    // As a number of 16 bits, which is the standard's, of 8 and of 32 bits.
    let value = UInt8(orientation.rawValue)
    let numbers: [[UInt8]] = [
      [0, 3, 0, 0, 0, 1, 0, value, 0, 0], [0, 1, 0, 0, 0, 1, value, 0, 0, 0], [0, 4, 0, 0, 0, 1, 0, 0, 0, value],
    ]
    let tiffs = numbers.map { Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12] + $0 + [0, 0, 0, 0] }
    for content in tiffs + [Array("Exif\0\0".utf8) + tiffs[0]] {
      let body = Array("eXIf".utf8) + content
      func number(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
      let sum = body.withUnsafeBytes { crc32(of: $0) }
      for place in [33, plain.count - 12] {
        func file(_ sum: UInt32) -> [UInt8] {
          Array(plain[..<place]) + number(UInt32(content.count)) + body + number(sum) + Array(plain[place...])
        }
        #expect(try Picture(decoding: file(sum)) == stored.oriented(orientation))
        let facts = file(sum).withUnsafeBytes { PictureFacts($0) }
        #expect(facts?.orientation == orientation && facts?.size == stored.oriented(orientation).size)
        #expect(file(sum &+ 1).withUnsafeBytes { PictureFacts($0)?.orientation } == .upright)
      }
    }
  }

  @Test("a PNG with transparent colours is known by its chunk tRNS")
  func transparentColour() throws {
    let plain = try Golden.bytes("png-rgb8.png")
    let body = Array("tRNS".utf8) + [0, 1, 0, 2, 0, 3]
    let sum = body.withUnsafeBytes { crc32(of: $0) }
    let chunk = [0, 0, 0, 6] + body + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) }
    let file = plain[..<33] + chunk + plain[33...]
    #expect(plain.withUnsafeBytes { PictureFacts($0)?.hasAlpha } == false)
    #expect(Array(file).withUnsafeBytes { PictureFacts($0)?.hasAlpha } == true)
  }

  @Test("an orientation and its inverse give the picture back", arguments: Orientation.allCases)
  func inverse(_ orientation: Orientation) throws {
    let picture = try Golden.picture("png-rgb8")
    let inverse: [Orientation: Orientation] = [.rotatedRight: .rotatedLeft, .rotatedLeft: .rotatedRight]
    #expect(picture.oriented(orientation).oriented(inverse[orientation] ?? orientation) == picture)
    #expect(picture.oriented(orientation).width == (orientation.swapsSides ? 24 : 40))
  }

  @Test("big-endian EXIF is read as little-endian is, and nonsense is ignored")
  func exif() {
    let bigEndian: [UInt8] =
      Array("Exif\0\0MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
    let cases: [([UInt8], Orientation?)] = [
      (bigEndian, .rotatedRight),
      (bigEndian.map { $0 == 6 ? 9 : $0 }, nil),
      (Array(bigEndian.prefix(20)), nil),
      (Array("Exif\0\0II".utf8) + [42, 0, 255, 255, 255, 255, 0, 0], nil),
      (Array("http://ns.adobe.com/xap/1.0/".utf8), nil),
      ([], nil),
    ]
    for (bytes, expected) in cases {
      #expect(bytes.withUnsafeBytes { exifOrientation($0) } == expected)
    }
  }

  @Test(
    "a small file that says it is huge is refused before memory is taken for it",
    arguments: ["chroma420.jpg", "progressive.jpg", "cmyk-adobe.jpg", "png-rgb8.png", "png-grey1.png"])
  func claims(_ file: String) throws {
    var bytes = try Golden.bytes(file)
    // Height and width: after the length and precision of a frame's segment, or the first things of a PNG's header.
    let side: [UInt8] = [0x3E, 0x80]
    if file.hasSuffix(".png") {
      bytes.replaceSubrange(16..<24, with: [0, 0] + side + [0, 0] + side)
      let sum = bytes.withUnsafeBytes { crc32(of: UnsafeRawBufferPointer(rebasing: $0[12..<29])) }
      bytes.replaceSubrange(29..<33, with: (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) })
    } else {
      let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && [0xC0, 0xC2].contains(bytes[$0 + 1]) })
      bytes.replaceSubrange((frame + 5)..<(frame + 9), with: side + side)
    }
    let error = #expect(throws: ImageError.self) { try Picture(decoding: bytes, name: file) }
    #expect(error?.description.contains("can't hold the 16000×16000 pixels") == true, "\(String(describing: error))")
  }

  @Test(
    "a file cut anywhere is an error that names it, never a partly grey picture",
    arguments: ["chroma420.jpg", "progressive.jpg", "cmyk-adobe.jpg", "png-rgb8.png", "png-palette.png"])
  func truncated(_ file: String) throws {
    let whole = try Golden.bytes(file)
    for count in [1, 2, 3, 10, 100, whole.count / 2, whole.count * 9 / 10, whole.count - 20, whole.count - 3]
    where count < whole.count {
      let error = #expect(throws: ImageError.self, "\(file) cut to \(count) of \(whole.count) bytes") {
        try Picture(decoding: Array(whole.prefix(count)), name: "some/\(file)")
      }
      #expect(error?.kind == .undecodable)
      #expect(error?.description.contains("some/\(file)") == true, "\(String(describing: error))")
    }
  }

  @Test("damaged data in the middle is never a crash")
  func damaged() throws {
    let decoder = try PictureDecoder()
    for file in ["chroma420.jpg", "progressive.jpg", "ycck.jpg", "png-rgb8.png", "orientation6.jpg"] {
      let whole = try Golden.bytes(file)
      var state: UInt32 = 12345
      for _ in 0..<300 {
        var bytes = whole
        for _ in 0..<3 {
          state = state &* 1_664_525 &+ 1_013_904_223
          bytes[Int(state >> 8) % bytes.count] = UInt8(truncatingIfNeeded: state >> 3)
        }
        bytes.withUnsafeBytes { _ = try? decoder.decode($0, name: file) }
      }
      // And the decoder still works after all of these errors.
      #expect(try decoder.decode(contentsOf: Golden.path(file)) == Picture(contentsOf: Golden.path(file)))
    }
  }

  @Test("what isn't a picture is an error that says what it is")
  func notAPicture() throws {
    try withTemporaryFolder { folder in
      let cases: [(content: [UInt8], words: [String])] = [
        ([], ["empty"]),
        (Array("Not found\n".utf8), ["JPEG or PNG", "text"]),
        (Array("GIF89a".utf8), ["GIF"]),
        ([0, 1, 2, 3, 4], ["5 bytes", "0 1 2 3"]),
        ([0xFF, 0xD8, 0xFF, 0xD9], ["without a picture"]),
      ]
      for (content, words) in cases {
        let path = "\(folder)/n01440764_1.JPEG"
        try Data(content).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: ImageError.self) { try Picture(contentsOf: path) }
        for word in words + [path] { #expect(error?.description.contains(word) == true, "\(String(describing: error))") }
      }
      let missing = #expect(throws: ImageError.self) { try Picture(contentsOf: "\(folder)/none.JPEG") }
      #expect(missing?.kind == .unreadable)
      #expect(missing?.description.contains("No such file") == true)
      let aFolder = #expect(throws: ImageError.self) { try Picture(contentsOf: folder) }
      #expect(aFolder?.kind == .unreadable)
    }
  }

  @Test("a JPEG is decoded smaller only as long as its shorter side stays large enough")
  func scaled() throws {
    let path = try Golden.path("chroma444.jpg")
    // 40×24: by 2 it is 20×12, by 4 10×6, by 8 5×3.
    for (minimum, width, height) in [
      (25, 40, 24), (24, 40, 24), (13, 40, 24), (12, 20, 12), (7, 20, 12), (6, 10, 6), (3, 5, 3), (1, 5, 3),
    ] {
      let picture = try Picture(contentsOf: path, minimumShorterSide: minimum)
      #expect(picture.width == width && picture.height == height, "minimum \(minimum): \(picture.width)×\(picture.height)")
    }
  }
}
