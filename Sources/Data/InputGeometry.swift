import Foundation
import Images

/// How a picture becomes as large as a network wants it: the part of `InputSpec` that is known before any picture has been seen.
///
/// A picture is resized so that its shorter side has `shorterSide` pixels, and crops are cut out of that. The same picture, spec and
/// place give the same bits in every command; a large JPEG file is decoded at a part of its size by a rule that depends on its size
/// and on this alone.
public struct InputGeometry: Sendable, Hashable {
  /// Of the network's input, in pixels.
  public let width: Int
  public let height: Int
  /// What the shorter side of every picture is resized to before crops are cut out of it; not below `crop`.
  public let shorterSide: Int
  public let resampling: Resampling
  /// The shorter side that larger pictures have been reduced to before, in the pack that the network was trained from; nil where
  /// they are resized once.
  public let packedSide: Int?

  /// How pixels are found at another size.
  public enum Resampling: String, Sendable, Codable, CaseIterable {
    /// A triangle filter as wide as two pixels of the smaller picture, rounded to 8 bits after each dimension; see `Resizer`.
    case triangle
  }

  /// A picture of a longer side above this many times the shorter one is refused: resized by its shorter side it would fill the
  /// memory, and no crop would show what it is.
  public static let mostElongated = 64
  /// The largest shorter side.
  public static let largestSide = 16_384

  /// - Parameters:
  ///   - shorterSide: nil for the paper's 256 : 224, see `defaultShorterSide`.
  ///   - packedSide: of no effect unless it is above the shorter side.
  /// - Throws: `InputSpecError` when crops don't fit into pictures of that side, or a number is out of its range.
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

  /// Square crops.
  public init(crop: Int, shorterSide: Int? = nil, packedSide: Int? = nil) throws(InputSpecError) {
    try self.init(width: crop, height: crop, shorterSide: shorterSide, packedSide: packedSide)
  }

  /// round(crop · 256 / 224): the paper's proportion.
  public static func defaultShorterSide(crop: Int) -> Int { (crop * 256 + 112) / 224 }

  /// The side of the square in which the input lies in the middle: the input's own, where that is square.
  public var crop: Int { max(width, height) }

  /// Values of a crop: three channels.
  public var count: Int { 3 * width * height }

  /// What a large JPEG may be reduced to while it is decoded.
  public var decodedSide: Int { packedSide ?? shorterSide }

  /// Whether the shorter side has the paper's proportion, and pictures come straight from their files.
  public var isUsual: Bool { shorterSide == Self.defaultShorterSide(crop: crop) && packedSide == nil }

  /// The same, for pictures that come from a pack of that shorter side.
  public func packed(at side: Int) throws(InputSpecError) -> InputGeometry {
    try InputGeometry(width: width, height: height, shorterSide: shorterSide, resampling: resampling, packedSide: side)
  }

  /// Whether pictures of a pack of that shorter side, stored as pixels, become the same inputs as the files that it was made of.
  public func agrees(withPackAt side: Int) -> Bool { side == decodedSide }

  /// The crops of test time in a resized picture; see `TestCrops`.
  public func places(_ crops: TestCrops, in size: PictureSize) -> [CropPlace] {
    // Of a network whose input isn't square the crops' places are those of the square, and the input is its centre.
    let (left, top) = ((crop - width) / 2, (crop - height) / 2)
    return crops.places(crop: crop, in: size).map { CropPlace(x: $0.x + left, y: $0.y + top, mirrored: $0.mirrored) }
  }
}

/// What doesn't fit together in an `InputSpec`, as a sentence without its file.
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

  /// As JSON with sorted keys: equal values give equal bytes.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// - Throws: `InputSpecError`.
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
