import Images

/// What is done to one picture on its way into a batch.
public struct InputTransform: Sendable, Equatable {
  /// The crop's upper left pixel in the resized picture.
  public var x: Int
  public var y: Int
  public var flipped: Bool
  /// Added to every pixel, RGB 0–255.
  public var colourShift = SIMD3<Float>()
  /// Set to zero after the mean was subtracted; in pixels of the crop (as the network sees it).
  public var erased: PixelRectangle?

  public init(x: Int, y: Int, flipped: Bool = false) { (self.x, self.y, self.flipped) = (x, y, flipped) }

  /// A crop of test time.
  public init(_ place: CropPlace) { self.init(x: place.x, y: place.y, flipped: place.mirrored) }
}
