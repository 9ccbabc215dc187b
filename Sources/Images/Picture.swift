/// A picture of 8-bit RGB pixels (sRGB, 0–255), interleaved: `pixels` is [height, width, 3].
public struct Picture: Sendable, Equatable, CustomStringConvertible {
  public let width: Int
  public let height: Int
  /// [height, width, 3], rows from the top, red first.
  public private(set) var pixels: [UInt8]

  /// - Parameter pixels: [height, width, 3].
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "a picture of \(width)×\(height) has no pixels")
    precondition(pixels.count == width * height * 3, "\(pixels.count) bytes for \(width)×\(height)×3")
    (self.width, self.height, self.pixels) = (width, height, pixels)
  }

  /// Makes a picture whose pixels `fill` writes. The buffer, [height, width, 3], isn't initialised before: `fill` must write all
  /// of it.
  public init(width: Int, height: Int, fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
    precondition(width > 0 && height > 0, "a picture of \(width)×\(height) has no pixels")
    let count = width * height * 3
    self.width = width
    self.height = height
    pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialised = count
    }
  }

  public var description: String { "picture of \(width)×\(height)" }

  public var size: PictureSize { PictureSize(width: width, height: height) }

  /// The (red, green, blue) values of column `x` in row `y`.
  public subscript(x: Int, y: Int) -> SIMD3<UInt8> {
    get {
      let start = index(x, y)
      return SIMD3(pixels[start], pixels[start + 1], pixels[start + 2])
    }
    set {
      let start = index(x, y)
      for channel in 0..<3 { pixels[start + channel] = newValue[channel] }
    }
  }

  private func index(_ x: Int, _ y: Int) -> Int {
    precondition((0..<width).contains(x) && (0..<height).contains(y), "(\(x), \(y)) is outside of \(width)×\(height)")
    return (y * width + x) * 3
  }

  /// The part whose upper left pixel is (`x`, `y`).
  ///
  /// - Throws: `ImageError` if the part isn't wholly inside the picture.
  public func cropped(x: Int, y: Int, width: Int, height: Int) throws(ImageError) -> Picture {
    guard width > 0, height > 0, x >= 0, y >= 0, x <= self.width - width, y <= self.height - height else {
      throw ImageError(
        .invalidSize,
        "cannot crop \(width)×\(height) at (\(x), \(y)) from a picture of \(self.width)×\(self.height): it lies outside")
    }
    return Picture(width: width, height: height) { target in
      pixels.withUnsafeBufferPointer { source in
        for row in 0..<height {
          let start = ((y + row) * self.width + x) * 3
          _ = UnsafeMutableBufferPointer(rebasing: target[(row * width * 3)...])
            .update(fromContentsOf: source[start..<(start + width * 3)])
        }
      }
    }
  }

  /// The mirrored picture: left and right are exchanged.
  public func flipped() -> Picture { oriented(.flippedHorizontally) }
}
