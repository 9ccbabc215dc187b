import Data
import Foundation
import Images
import Testing

@testable import DataLoader

/// A picture whose red is `value` everywhere, while green and blue depend on the place.
func testPicture(_ value: Int, width: Int = 20, height: Int = 16) -> Picture {
  var picture = Picture(width: width, height: height, pixels: [UInt8](repeating: 0, count: width * height * 3))
  for y in 0..<height {
    for x in 0..<width { picture[x, y] = [UInt8(value), UInt8(x * 10), UInt8(y * 12)] }
  }
  return picture
}

/// The geometry of crops of 8 pixels from pictures with a shorter side of 16.
let smallGeometry: InputGeometry = {
  guard let geometry = try? InputGeometry(crop: 8, shorterSide: 16) else { preconditionFailure("8 pixels don't fit into 16") }
  return geometry
}()

/// Pictures that are held in memory; those in `bad` can't be read. The red value of a sample is its index.
struct MemorySource: PictureSource {
  let count: Int
  var bad: Set<Int> = []
  var width = 20
  var height = 16
  var geometry = smallGeometry
  /// Called at every decoding, by the loader's threads.
  var onRead: @Sendable (Int) -> Void = { _ in }

  func label(at index: Int) -> Int { index % 7 }
  func name(at index: Int) -> String { "picture \(index)" }
  func picture(at index: Int, decoder: PictureDecoder) throws(ImageError) -> PreparedPicture {
    onRead(index)
    if bad.contains(index) { throw ImageError(.undecodable, "cannot decode picture \(index): made bad") }
    return try geometry.prepare(testPicture(index, width: width, height: height))
  }
}
