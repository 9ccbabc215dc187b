import Foundation
import Images

/// How a saliency map is shown; the map itself stays as it is.
///
/// shown = colour(min(M / p, 1)^gamma), p the given percentile of M: a few pixels would otherwise leave the rest in the dark.
/// **[ours]** 99.5 %, gamma 0.7, grey. A map of zeros is black.
public struct SaliencyRendering: Sendable {
  public var percentile: Double
  public var gamma: Float
  public var colours: ColourMap

  public init(percentile: Double = 0.995, gamma: Float = 0.7, colours: ColourMap = .grey) {
    self.percentile = percentile
    self.gamma = gamma
    self.colours = colours
  }

  /// The value below which that part of the values lies (nearest rank); numbers that are none don't count.
  static func percentile(_ part: Double, of values: [Float]) -> Float {
    let sorted = values.filter { $0.isFinite }.sorted()
    guard !sorted.isEmpty else { return 0 }
    let rank = Int((part * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank - 1, 0), sorted.count - 1)]
  }

  /// - Parameter map: `[height, width]`.
  public func picture(of map: [Float], width: Int, height: Int) -> Picture {
    var limit = Self.percentile(percentile, of: map)
    // A map with fewer values above zero than the percentile cuts off.
    if limit <= 0 { limit = map.reduce(0) { $1.isFinite ? max($0, $1) : $0 } }
    guard limit > 0 else { return colours.picture(of: [Float](repeating: 0, count: map.count), width: width, height: height) }
    return colours.picture(of: map.map { pow(min(max($0 / limit, 0), 1), gamma) }, width: width, height: height)
  }
}
