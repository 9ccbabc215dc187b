import Testing

@testable import Images

@Suite("Pictures")
struct PictureTests {
  @Test(
    "resizing gives Pillow's bilinear numbers, bit for bit",
    arguments: [(32, 24), (37, 29), (64, 20), (20, 48), (80, 60), (7, 5), (1, 1), (63, 47)])
  func resize(_ width: Int, _ height: Int) throws {
    let source = try Golden.picture("resize-source", width: 64, height: 48)
    let golden = try Golden.picture("resize-\(width)x\(height)", width: width, height: height)
    let found = try source.resized(width: width, height: height)
    #expect(difference(found, golden).largest == 0)
  }

  @Test("a constant picture stays constant at any size")
  func constant() throws {
    for value: UInt8 in [0, 1, 127, 254, 255] {
      let picture = Picture(width: 13, height: 9, pixels: [UInt8](repeating: value, count: 13 * 9 * 3))
      for (width, height) in [(5, 4), (50, 40), (13, 2)] {
        #expect(try picture.resized(width: width, height: height).pixels.allSatisfy { $0 == value })
      }
    }
  }

  @Test(
    "the shorter side gets the given length and the longer one is rounded in proportion",
    arguments: [(500, 375, 341, 256), (375, 500, 256, 341), (256, 256, 256, 256), (1000, 1, 256_000, 256), (3, 2, 384, 256)])
  func shorterSide(_ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int) throws {
    let picture = Picture(width: width, height: height, pixels: [UInt8](repeating: 9, count: width * height * 3))
    let found = try picture.resized(shorterSide: 256)
    #expect(found.width == newWidth && found.height == newHeight)
  }

  @Test("a crop has the pixels of its place, and one outside is an error")
  func crop() throws {
    let picture = try Golden.picture("png-rgb8")
    let part = try picture.cropped(x: 7, y: 3, width: 11, height: 5)
    for y in 0..<5 { for x in 0..<11 { #expect(part[x, y] == picture[x + 7, y + 3]) } }
    for (x, y, width, height) in [(-1, 0, 5, 5), (36, 0, 5, 5), (0, 20, 5, 5), (0, 0, 0, 5), (0, 0, 41, 5)] {
      let error = #expect(throws: ImageError.self) { try picture.cropped(x: x, y: y, width: width, height: height) }
      #expect(error?.kind == .invalidSize)
    }
  }

  @Test("a flip exchanges left and right, twice gives the picture back")
  func flip() throws {
    let picture = try Golden.picture("png-rgb8")
    let flipped = picture.flipped()
    #expect(flipped[0, 5] == picture[39, 5] && flipped[30, 23] == picture[9, 23])
    #expect(flipped.flipped() == picture)
  }

  @Test("colour maps run from dark to light, and show out-of-range values as the ends")
  func colourMap() {
    // The ends and the middle of matplotlib's inferno.
    let inferno: [(Float, SIMD3<UInt8>)] = [(0, [0, 0, 4]), (1, [252, 255, 164]), (0.5, [188, 55, 84])]
    for (value, expected) in inferno {
      let found = ColourMap.inferno.colour(at: value)
      for channel in 0..<3 { #expect(abs(Int(found[channel]) - Int(expected[channel])) <= 1, "\(value): \(found)") }
    }
    for map in ColourMap.allCases {
      let luminance = (0...100).map { step in
        let colour = map.colour(at: Float(step) / 100)
        return 0.2126 * Double(colour.x) + 0.7152 * Double(colour.y) + 0.0722 * Double(colour.z)
      }
      #expect(zip(luminance, luminance.dropFirst()).allSatisfy { $0 <= $1 + 0.5 })
      #expect(map.colour(at: -3) == map.colour(at: 0) && map.colour(at: 7) == map.colour(at: 1))
      #expect(map.colour(at: .nan) == map.colour(at: 0))
    }
    let picture = ColourMap.grey.picture(of: [0, 0.5, 1, .nan, -1, 2], width: 3, height: 2)
    #expect(picture.pixels.enumerated().filter { $0.offset % 3 == 0 }.map(\.element) == [0, 128, 255, 0, 0, 255])
  }
}
