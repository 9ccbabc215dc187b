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
    #expect(try found.size.scaled(shorterSide: 256) == found.size)
  }

  @Test(
    "resizing is the rounded triangle filter, first along rows, then along columns",
    arguments: [
      (37, 29, 17, 13), (29, 37, 64, 80), (5, 3, 4, 2), (3, 50, 3, 20), (1, 9, 7, 4), (16, 16, 15, 33), (64, 17, 1, 1),
    ])
  func definition(_ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int) throws {
    let picture = noise(width, height)
    let found = try picture.resized(width: newWidth, height: newHeight)
    #expect(found == turned(reference(turned(reference(picture, newWidth)), newHeight)))
  }

  @Test(
    "a window of a resized picture has the pixels of the whole one's crop, mirrored or not",
    arguments: [
      (37, 29, 16, 13, 3, 2), (64, 48, 40, 40, 9, 0), (31, 31, 24, 24, 0, 0), (500, 375, 256, 224, 58, 16),
      (20, 16, 16, 8, 12, 8), (6, 90, 5, 3, 1, 71), (9, 7, 33, 17, 25, 16), (40, 40, 40, 17, 23, 1),
    ])
  func window(_ width: Int, _ height: Int, _ side: Int, _ crop: Int, _ x: Int, _ y: Int) throws {
    try expectWindow(of: noise(width, height), side: side, crop: crop, x: x, y: y)
  }

  @Test(
    "the window of a decoded file is right, grey, turned or upright",
    arguments: ["grey.jpg", "orientation3.jpg", "orientation6.jpg", "orientation8.jpg", "chroma420.jpg", "png-palette.png"])
  func fileWindow(_ file: String) throws {
    try expectWindow(of: Picture(contentsOf: Golden.path(file)), side: 19, crop: 17, x: 0, y: 2)
  }

  /// The same buffers serve all windows: what is left of a larger picture must not show.
  private let resizer = Resizer()

  private func expectWindow(of picture: Picture, side: Int, crop: Int, x: Int, y: Int) throws {
    let whole = try picture.resized(shorterSide: side).cropped(x: x, y: y, width: crop, height: crop)
    let rectangle = PixelRectangle(x: x, y: y, width: crop, height: crop)
    resizer.forEachRow(
      of: noise(90, 80), resizedTo: PictureSize(width: 70, height: 60), window: PixelRectangle(x: 1, y: 2, width: 60, height: 50)
    ) { _, _, _ in }
    for (mirrored, expected) in [(false, whole), (true, whole.flipped())] {
      var pixels: [UInt8] = []
      let size = try picture.size.scaled(shorterSide: side)
      resizer.forEachRow(of: picture, resizedTo: size, window: rectangle, mirrored: mirrored) { row, line, stride in
        #expect(row * crop * 3 == pixels.count)
        for column in 0..<crop { for channel in 0..<3 { pixels.append(line[channel * stride + column]) } }
      }
      #expect(pixels == expected.pixels, "\(picture), mirrored: \(mirrored)")
    }
  }

  private func noise(_ width: Int, _ height: Int) -> Picture {
    var state: UInt32 = 12345
    return Picture(
      width: width, height: height,
      pixels: (0..<(width * height * 3)).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(state >> 24)
      })
  }

  /// The horizontal pass, as its definition says.
  private func reference(_ picture: Picture, _ newWidth: Int) -> Picture {
    let scale = Double(picture.width) / Double(newWidth)
    let support = max(scale, 1)
    var result = Picture(width: newWidth, height: picture.height) { $0.initialize(repeating: 0) }
    for x in 0..<newWidth {
      let centre = (Double(x) + 0.5) * scale
      let raw = (0..<picture.width).map { max(0, 1 - abs((Double($0) - centre + 0.5) * (1 / support))) }
      let sum = raw.reduce(0, +)
      let weights = raw.map { Int($0 / sum * Double(1 << 22) + 0.5) }
      for y in 0..<picture.height {
        for channel in 0..<3 {
          let value = weights.indices.map { weights[$0] * Int(picture[$0, y][channel]) }.reduce(1 << 21, +)
          result[x, y][channel] = UInt8(min(255, value >> 22))
        }
      }
    }
    return result
  }

  /// Rows and columns exchanged.
  private func turned(_ picture: Picture) -> Picture { picture.oriented(.transposed) }

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
