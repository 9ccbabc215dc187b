/// The box of an object: its corners are pixels counted from 0, both inside (so its width is xmax − xmin + 1), as in ILSVRC's
/// files.
public struct BoundingBox: Sendable, Hashable, Codable {
  /// The range of a corner: no picture is that large, and no sum or product of sides overflows.
  public static let corners = -1_000_000_000...1_000_000_000

  public let wnid: String
  public let xmin: Int
  public let ymin: Int
  public let xmax: Int
  public let ymax: Int

  public init(wnid: String, xmin: Int, ymin: Int, xmax: Int, ymax: Int) {
    (self.wnid, self.xmin, self.ymin, self.xmax, self.ymax) = (wnid, xmin, ymin, xmax, ymax)
  }

  /// Makes a box of the corners that a file states.
  ///
  /// - Parameter corners: xmin, ymin, xmax, ymax.
  /// - Returns: nil if there aren't four of them, one is outside of `corners`, or the first two aren't the smaller ones.
  public init?(wnid: String, corners: [Int]) {
    guard corners.count == 4, corners.allSatisfy(Self.corners.contains), corners[0] <= corners[2], corners[1] <= corners[3] else {
      return nil
    }
    self.init(wnid: wnid, xmin: corners[0], ymin: corners[1], xmax: corners[2], ymax: corners[3])
  }

  /// True if four corners are parts of the picture's sides, from 0 to 1, as some tools write them: no pixels, which they would be rounded
  /// to without a word.
  package static func areParts(_ corners: [Double]) -> Bool {
    corners.count == 4 && corners.allSatisfy((0...1).contains) && corners.contains { $0 != $0.rounded() }
  }

  private enum CodingKeys: CodingKey { case wnid, xmin, ymin, xmax, ymax }

  /// - Throws: `DecodingError` if the corners make no box.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let corners = try [CodingKeys.xmin, .ymin, .xmax, .ymax].map { try container.decode(Int.self, forKey: $0) }
    guard let box = BoundingBox(wnid: try container.decode(String.self, forKey: .wnid), corners: corners) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\(corners) are no box's corners"))
    }
    self = box
  }

  /// Intersection over union: of the pixels that either box has, the part that both have, 0 … 1. The classes don't matter.
  public func overlap(with other: BoundingBox) -> Double {
    let width = min(xmax, other.xmax) - max(xmin, other.xmin) + 1
    let height = min(ymax, other.ymax) - max(ymin, other.ymin) + 1
    guard width > 0, height > 0 else { return 0 }
    let common = Double(width) * Double(height)
    return common / (area + other.area - common)
  }

  private var area: Double { Double(xmax - xmin + 1) * Double(ymax - ymin + 1) }

  /// True if at least one pixel of the box lies in a picture of that size.
  func isSeen(width: Int, height: Int) -> Bool { xmax >= 0 && ymax >= 0 && xmin < width && ymin < height }
}
