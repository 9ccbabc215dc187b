import Foundation
import Images
import Testing

@testable import Data

@Suite("Prepared pictures")
struct PreparedPictureTests {
  /// Sizes from thumbnails to photographs, upright and across, and some that rounding is hard on.
  private static let sizes: [(Int, Int)] = [
    (75, 56), (93, 58), (255, 150), (146, 255), (126, 43), (340, 196), (500, 375), (375, 500), (613, 612), (1024, 683),
    (1023, 767), (1600, 1201), (64, 1), (1, 64), (128, 128), (257, 256), (2049, 513),
  ]
  private static let sides = [128, 256, 300]

  /// Smooth colours with edges: no symmetry, and something at every frequency.
  private func picture(_ width: Int, _ height: Int) -> Picture {
    Picture(width: width, height: height) { target in
      for i in 0..<(width * height) {
        let (x, y) = (i % width, i / width)
        target[3 * i] = UInt8(255 * x / width)
        target[3 * i + 1] = UInt8((y * y / 7 + x) % 256)
        target[3 * i + 2] = (x / 9 + y / 5) % 2 == 0 ? 30 : UInt8(255 * y / height)
      }
    }
  }

  private func digest(_ geometry: InputGeometry, _ picture: PreparedPicture, _ crops: TestCrops) -> String {
    var digest = InputDigest()
    for place in geometry.places(crops, in: picture.size) {
      geometry.input(picture, at: place, mean: nil).withUnsafeBufferPointer { digest.add($0) }
    }
    return digest.finish()
  }

  @Test("a file, its raw pixels in a pack and the picture resized as a whole give the same input, bit for bit", arguments: sizes)
  func agreement(_ width: Int, _ height: Int) throws {
    let picture = picture(width, height)
    let decoder = try PictureDecoder()
    for (kind, bytes) in [("PNG", try picture.encodedPNG()), ("JPEG", try picture.encodedJPEG(quality: 90))] {
      for side in Self.sides {
        let geometry = try InputGeometry(crop: 112, shorterSide: side)
        let file = try bytes.withUnsafeBytes { try geometry.prepare($0, name: kind, decoder: decoder) }
        #expect(file.original == picture.size)
        #expect(file.size == (try picture.size.scaled(shorterSide: side)))
        let whole = try file.settled()
        #expect(whole.decoded.size == file.size)
        // What a pack of that side keeps: larger pictures reduced, others as they are.
        let kept = min(width, height) > side ? whole.decoded : file.decoded
        let packed = try geometry.prepare(kept)
        for crops in TestCrops.allCases {
          let expected = digest(geometry, file, crops)
          #expect(digest(geometry, whole, crops) == expected, "\(kind) to \(side), resized as a whole")
          #expect(digest(geometry, packed, crops) == expected, "\(kind) to \(side), from a pack")
        }
      }
    }
  }

  @Test("a network that was trained from a larger pack gets the same input from files as from that pack", arguments: sizes)
  func twoSteps(_ width: Int, _ height: Int) throws {
    let bytes = try picture(width, height).encodedJPEG(quality: 90)
    let decoder = try PictureDecoder()
    let pack = try InputGeometry(crop: 256, shorterSide: 256)
    let geometry = try InputGeometry(crop: 112, shorterSide: 128).packed(at: 256)
    let (file, stored) = try bytes.withUnsafeBytes {
      (try geometry.prepare($0, name: "a", decoder: decoder), try pack.prepare($0, name: "a", decoder: decoder))
    }
    let kept = min(width, height) > 256 ? try stored.resized() : stored.decoded
    let packed = try geometry.prepare(kept)
    #expect(packed.size == file.size)
    #expect(digest(geometry, packed, .ten) == digest(geometry, file, .ten))
  }

  @Test("the mean is subtracted in the crop's own frame, and an erased part is zero")
  func writing() throws {
    let geometry = try InputGeometry(crop: 16, shorterSide: 20)
    let picture = try geometry.prepare(picture(40, 33))
    let mean = (0..<geometry.count).map { Float($0) * 0.13 }
    let whole = try picture.resized()
    for mirrored in [false, true] {
      var transform = InputTransform(x: 3, y: 2, flipped: mirrored)
      transform.erased = PixelRectangle(x: 1, y: 2, width: 3, height: 4)
      transform.colourShift = [1, -2, 0.5]
      var found = [Float](repeating: .nan, count: geometry.count)
      geometry.write(picture, transform, mean: mean, resizer: Resizer(), to: &found)
      for i in 0..<256 {
        let (x, y) = (i % 16, i / 16)
        let pixel = whole[3 + (mirrored ? 15 - x : x), 2 + y]
        for channel in 0..<3 {
          let isErased = (1..<4).contains(x) && (2..<6).contains(y)
          let at = channel * 256 + i
          #expect(found[at] == (isErased ? 0 : Float(pixel[channel]) + transform.colourShift[channel] - mean[at]))
        }
      }
    }
  }

  @Test("a picture longer than 64 times its width is refused before it is decoded, whatever its form")
  func elongated() throws {
    let geometry = try InputGeometry(crop: 224)
    let decoder = try PictureDecoder()
    for (width, height) in [(1, 2000), (2000, 1), (65, 1), (30, 1951)] {
      let picture = picture(width, height)
      for bytes in [try picture.encodedPNG(), try picture.encodedJPEG(quality: 80)] {
        let error = #expect(throws: ImageError.self) {
          try bytes.withUnsafeBytes { try geometry.prepare($0, name: "strip.jpg", decoder: decoder) }
        }
        #expect(error?.kind == .invalidSize && error?.description.contains("strip.jpg: a picture of \(width)×\(height)") ?? false)
      }
      #expect(throws: ImageError.self) { try geometry.prepare(picture) }
    }
  }
}
