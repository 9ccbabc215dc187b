import Foundation
import Images
import Results

/// How saliency maps are drawn. It doesn't change the maps themselves.
///
/// The brightness that is shown is v = min(max(M / p, 0), 1)^gamma, where p is the given percentile of M: otherwise a few pixels
/// would leave all others dark. The map's picture is colour(v), and the overlay is P + overlay · v · (inferno(v) − P) over the
/// picture P.
/// **[ours]** 99.5 %, gamma 0.7, grey. A map of zeros is black.
public struct SaliencyRendering: Sendable, Hashable, Codable {
  public var percentile: Double
  public var gamma: Float
  public var colours: ColourMap
  /// How much the colours of the overlay cover the picture where the map is greatest, 0 … 1; nil for no overlay.
  public var overlay: Float?

  public init(percentile: Double = 0.995, gamma: Float = 0.7, colours: ColourMap = .grey, overlay: Float? = nil) {
    (self.percentile, self.gamma, self.colours, self.overlay) = (percentile, gamma, colours, overlay)
  }

  /// The value below which the given fraction of the values lies (nearest rank). Values that aren't finite are left out.
  static func percentile(_ part: Double, of values: [Float]) -> Float {
    let sorted = values.filter { $0.isFinite }.sorted()
    guard !sorted.isEmpty else { return 0 }
    let rank = Int((part * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank - 1, 0), sorted.count - 1)]
  }

  /// The brightness v of each value, 0 … 1.
  private func shown(_ map: [Float]) -> [Float] {
    var limit = Self.percentile(percentile, of: map)
    // The map has so few values above zero that the percentile is zero.
    if limit <= 0 { limit = map.reduce(0) { $1.isFinite ? max($0, $1) : $0 } }
    guard limit > 0 else { return [Float](repeating: 0, count: map.count) }
    return map.map { pow(min(max($0 / limit, 0), 1), gamma) }
  }

  /// - Parameter map: `[height, width]`.
  public func picture(of map: [Float], width: Int, height: Int) -> Picture {
    colours.picture(of: shown(map), width: width, height: height)
  }

  /// The map in colours over the picture; nil if there is no overlay.
  ///
  /// - Parameter map: `[height, width]` of the picture.
  public func overlay(of map: [Float], on picture: Picture) -> Picture? {
    guard let overlay else { return nil }
    let values = shown(map)
    let colours = ColourMap.inferno.picture(of: values, width: picture.width, height: picture.height)
    return Picture(width: picture.width, height: picture.height) { target in
      for (pixel, value) in values.enumerated() {
        // A value that is NaN is shown as zero.
        let part = value > 0 ? overlay * value : 0
        for index in (3 * pixel)..<(3 * pixel + 3) {
          let (below, above) = (Float(picture.pixels[index]), Float(colours.pixels[index]))
          target[index] = UInt8((below + part * (above - below)).rounded())
        }
      }
    }
  }

  /// The picture of a result of `saliency`: the picture, the map, and the overlay if there is one.
  ///
  /// - Parameter map: `[height, width]` of the picture.
  func result(_ map: [Float], on picture: Picture) -> Picture {
    let shown = picture.beside(self.picture(of: map, width: picture.width, height: picture.height))
    return overlay(of: map, on: picture).map(shown.beside) ?? shown
  }

  /// The part of a result's picture of `localise` that shows the map: the overlay if there is one, otherwise the map alone.
  ///
  /// - Parameters:
  ///   - map: a map of any size, over the whole picture.
  ///   - picture: the picture with its boxes.
  func panel(_ map: [Float], size: PictureSize, on picture: Picture) -> Picture {
    let map = resampled(map, from: size, to: picture.size)
    return overlay(of: map, on: picture) ?? self.picture(of: map, width: picture.width, height: picture.height)
  }
}

extension SaliencyRendering {
  /// The sentence about the rendering on a page, which follows another sentence.
  var sentence: String {
    func number(_ value: Float) -> String {
      let text = "\(value)"
      return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
    let colours = overlay.map { ", over the picture in inferno by \(number($0))" } ?? ""
    return " Maps M are shown as min(M / p, 1)^\(number(gamma)), p their \(number(Float(100 * percentile))) % quantile, in "
      + "\(self.colours.rawValue)\(colours)."
  }
}

extension SaliencyRendering: CheckedNumbers {
  /// The range of percentiles and overlays in options and files, except 0, which would show nothing.
  public static let parts = 0.0...1.0
  public static let gammas: ClosedRange<Float> = 0.01...100

  public var problem: String? {
    if percentile == 0 { return "percentile 0, expected above 0" }
    if overlay == 0 { return "overlay 0, expected above 0" }
    return NumberLimits.problem("percentile", percentile, Self.parts) ?? NumberLimits.problem("gamma", gamma, Self.gammas)
      ?? NumberLimits.problem("overlay", overlay.map(Double.init), Self.parts)
  }
}
