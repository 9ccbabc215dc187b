/// A width and a height in pixels.
public struct PictureSize: Sendable, Equatable, CustomStringConvertible {
  public let width: Int
  public let height: Int

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  public var description: String { "\(width)×\(height)" }

  /// The size with its shorter side at `side` and the longer one in proportion, rounded; scaling it again changes nothing.
  ///
  /// - Throws: `ImageError` if that is above `PictureDecoder.maximumPixels`.
  public func scaled(shorterSide side: Int) throws(ImageError) -> PictureSize {
    let (shorter, longer) = (min(width, height), max(width, height))
    // The sides may come from a file: these limits keep their products far from overflow.
    let most = PictureDecoder.maximumPixels
    guard (1...most).contains(shorter), longer <= most, (1...most).contains(side) else {
      throw ImageError(.invalidSize, "cannot resize \(self) to a shorter side of \(side)")
    }
    let newLonger = max(side, (2 * longer * side + shorter) / (2 * shorter))
    guard newLonger <= most / side else {
      throw ImageError(.invalidSize, "cannot resize \(self) to a shorter side of \(side)")
    }
    return width <= height ? PictureSize(width: side, height: newLonger) : PictureSize(width: newLonger, height: side)
  }
}

/// A rectangle of pixels.
public struct PixelRectangle: Sendable, Equatable {
  /// The upper left pixel.
  public let x: Int
  public let y: Int
  public let width: Int
  public let height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }
}
