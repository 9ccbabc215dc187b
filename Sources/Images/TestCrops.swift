/// The place of a crop in a resized picture, and whether it is mirrored.
public struct CropPlace: Sendable, Equatable {
  /// The crop's upper left pixel.
  public let x: Int
  public let y: Int
  public let mirrored: Bool

  public init(x: Int, y: Int, mirrored: Bool = false) { (self.x, self.y, self.mirrored) = (x, y, mirrored) }
}

/// The crops of a resized picture that a net sees at test time.
///
/// Source: Krizhevsky et al. 2012, 4.1, for the ten: the four corners and the centre, and their reflections.
public enum TestCrops: Int, Sendable, CaseIterable {
  case centre = 1
  case ten = 10

  public var count: Int { rawValue }

  /// The crops' places: first the upright ones, of which the first is the centre, then the mirrored ones.
  ///
  /// - Parameters:
  ///   - crop: The side of the crop in pixels, at most the shorter side of `size`.
  ///   - size: The size of the resized picture.
  public func places(crop: Int, in size: PictureSize) -> [CropPlace] {
    let (right, bottom) = (size.width - crop, size.height - crop)
    precondition(min(right, bottom) >= 0, "a crop of \(crop) from \(size)")
    let centre = CropPlace(x: right / 2, y: bottom / 2)
    if self == .centre { return [centre] }
    let upright = [centre] + [(0, 0), (right, 0), (0, bottom), (right, bottom)].map { CropPlace(x: $0, y: $1) }
    return upright + upright.map { CropPlace(x: $0.x, y: $0.y, mirrored: true) }
  }
}
