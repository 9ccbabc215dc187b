import Files
import Foundation
import Images

/// How a picture is brought to the size that a network needs: the part of `InputSpec` that is known before any picture has been
/// seen.
///
/// A picture is resized so that its shorter side has `shorterSide` pixels, and crops are cut out of that. The same picture, spec
/// and place give the same bits in every command. A large JPEG file is decoded at a part of its size, by a rule that depends only
/// on its size and on this value.
public struct InputGeometry: Sendable, Hashable {
  /// The width of the network's input in pixels.
  public let width: Int
  public let height: Int
  /// The number of pixels to which the shorter side of every picture is resized before crops are cut out; not below `crop`.
  public let shorterSide: Int
  public let resampling: Resampling
  /// The shorter side to which larger pictures were reduced before, in the pack that the network was trained from; nil if
  /// pictures are resized only once.
  public let packedSide: Int?

  /// How the pixels at another size are computed.
  public enum Resampling: String, Sendable, Codable, CaseIterable {
    /// A triangle filter as wide as two pixels of the smaller picture, rounded to 8 bits after each dimension; see `Resizer`.
    case triangle
  }

  /// The largest ratio of the longer side to the shorter one. A picture with more is refused: resized by its shorter side it
  /// would fill the memory, and no crop would show what it is.
  public static let mostElongated = 64
  /// The largest shorter side in pixels.
  public static let largestSide = 16_384

  /// - Parameters:
  ///   - shorterSide: nil for the paper's ratio 256 : 224; see `defaultShorterSide`.
  ///   - packedSide: Has no effect unless it is above the shorter side.
  /// - Throws: `InputSpecError` if crops don't fit into pictures of that side, or a number is out of its range.
  public init(
    width: Int, height: Int, shorterSide: Int? = nil, resampling: Resampling = .triangle, packedSide: Int? = nil
  ) throws(InputSpecError) {
    let crop = max(width, height)
    guard min(width, height) >= 1, crop <= Self.largestSide else {
      throw InputSpecError("expected an input of 1 to \(Self.largestSide) pixels, found \(width)×\(height)")
    }
    let side = shorterSide ?? Self.defaultShorterSide(crop: crop)
    guard side >= crop, side <= max(Self.largestSide, Self.defaultShorterSide(crop: crop)) else {
      throw InputSpecError("expected a shorter side of \(crop) (the network's crop) to \(Self.largestSide) pixels, found \(side)")
    }
    if let packedSide, packedSide < 1 || packedSide > 1 << 24 {
      throw InputSpecError("expected the pack's shorter side to be 1 to \(1 << 24) pixels, found \(packedSide)")
    }
    (self.width, self.height, self.shorterSide, self.resampling) = (width, height, side, resampling)
    self.packedSide = packedSide.flatMap { $0 > side ? $0 : nil }
  }

  /// Makes the geometry of square crops.
  public init(crop: Int, shorterSide: Int? = nil, packedSide: Int? = nil) throws(InputSpecError) {
    try self.init(width: crop, height: crop, shorterSide: shorterSide, packedSide: packedSide)
  }

  /// The paper's ratio: round(crop · 256 / 224).
  public static func defaultShorterSide(crop: Int) -> Int { (crop * 256 + 112) / 224 }

  /// The side of the square in whose middle the input lies; for a square input its own side.
  public var crop: Int { max(width, height) }

  /// The number of values of a crop with its three channels.
  public var count: Int { 3 * width * height }

  /// The shorter side to which a large JPEG may be reduced while it is decoded.
  public var decodedSide: Int { packedSide ?? shorterSide }

  /// True if the shorter side has the paper's ratio, and pictures come straight from their files.
  public var isUsual: Bool { shorterSide == Self.defaultShorterSide(crop: crop) && packedSide == nil }

  /// The same geometry for pictures that come from a pack of that shorter side.
  public func packed(at side: Int) throws(InputSpecError) -> InputGeometry {
    try InputGeometry(width: width, height: height, shorterSide: shorterSide, resampling: resampling, packedSide: side)
  }

  /// True if pictures of a pack of that shorter side, stored as pixels, give the same inputs as the files that the pack was made
  /// of.
  public func agrees(withPackAt side: Int) -> Bool { side == decodedSide }

  /// The test crops in a resized picture; see `TestCrops`.
  public func places(_ crops: TestCrops, in size: PictureSize) -> [CropPlace] {
    // For a network whose input isn't square, the crops are those of the square, and the input is the centre of each.
    let (left, top) = ((crop - width) / 2, (crop - height) / 2)
    return crops.places(crop: crop, in: size).map { CropPlace(x: $0.x + left, y: $0.y + top, mirrored: $0.mirrored) }
  }
}

/// A contradiction in an `InputSpec`, as a sentence that doesn't name a file.
public struct InputSpecError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

extension InputGeometry: Codable {
  private enum CodingKeys: String, CodingKey { case width, height, shorterSide, resampling, packedSide }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      width: values.decode(Int.self, forKey: .width), height: values.decode(Int.self, forKey: .height),
      shorterSide: values.decode(Int.self, forKey: .shorterSide), resampling: values.decode(Resampling.self, forKey: .resampling),
      packedSide: values.decodeIfPresent(Int.self, forKey: .packedSide))
  }

  /// The geometry as JSON with sorted keys: equal values give equal bytes.
  public func json() throws -> String { try JSONText.of(self) }

  /// - Throws: `InputSpecError` if the text isn't such JSON, or its values don't fit together.
  public init(json: String) throws(InputSpecError) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Foundation.Data(json.utf8))
    } catch let error as InputSpecError {
      throw error
    } catch {
      throw InputSpecError("expected JSON with width, height, shorterSide and resampling (triangle), found \(json.prefix(200))")
    }
  }
}
