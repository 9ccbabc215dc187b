import Images

/// The changes that are made to one picture on its way into a batch.
public struct InputTransform: Sendable, Equatable {
  /// The crop's upper left pixel in the resized picture.
  public var x: Int
  public var y: Int
  public var flipped: Bool
  /// The size to which the whole picture is resized for this crop, whose place is in that; nil for the size that it is prepared for.
  public var size: PictureSize?
  /// The shift that is added to every pixel, RGB 0–255.
  public var colourShift = SIMD3<Float>()
  /// The rectangle that is set to zero after the mean was subtracted, in pixels of the crop as the network sees it; nil for none.
  public var erased: PixelRectangle?

  public init(x: Int, y: Int, flipped: Bool = false) { (self.x, self.y, self.flipped) = (x, y, flipped) }

  /// Makes the transform of a test crop.
  public init(_ place: CropPlace) { self.init(x: place.x, y: place.y, flipped: place.mirrored) }
}
