import ConvNet

/// A unit of a layer, and how strongly a picture activates it.
package struct LayerUnit: Codable, Hashable, Sendable {
  package let channel: Int
  package let y: Int
  package let x: Int
  package let activation: Float

  package init(channel: Int, y: Int, x: Int, activation: Float) {
    (self.channel, self.y, self.x, self.activation) = (channel, y, x, activation)
  }

  /// The unit as a row of the dataset `/units`.
  package var row: [Float] { [Float(channel), Float(y), Float(x), activation] }

  /// True if `one` comes before `other`: stronger units come first, equal ones in the order of their places.
  package static func isStronger(_ one: LayerUnit, _ other: LayerUnit) -> Bool {
    if one.activation != other.activation { return one.activation > other.activation }
    return (one.channel, one.y, one.x) < (other.channel, other.y, other.x)
  }

  /// The strongest unit of a channel; if several are, the first in row order.
  ///
  /// - Parameter activations: `[C, h, w]`.
  package static func strongest(of channel: Int, in activations: UnsafeMutableBufferPointer<Float>, _ shape: Shape) -> LayerUnit {
    let start = channel * shape.area
    var best = 0
    for i in 0..<shape.area where activations[start + i] > activations[start + best] { best = i }
    return LayerUnit(channel: channel, y: best / shape.width, x: best % shape.width, activation: activations[start + best])
  }
}

/// The units of a layer that are reconstructed for a picture.
public struct UnitChoice: Sendable, Hashable {
  /// The most units per picture.
  public var count: Int
  /// The only channel to take units from. If nil, the strongest unit of every channel is taken, the strongest channels first.
  public var channel: Int?
  /// The only position to take units from, y and x; nil for any.
  public var place: (y: Int, x: Int)? {
    get { placeValues.map { ($0[0], $0[1]) } }
    set { placeValues = newValue.map { [$0.y, $0.x] } }
  }
  private var placeValues: [Int]?

  public init(count: Int = 16, channel: Int? = nil, place: (y: Int, x: Int)? = nil) {
    (self.count, self.channel, self.place) = (count, channel, place)
  }

  /// The chosen units, strongest first.
  ///
  /// - Parameter activations: `[C, h, w]`.
  package func units(in activations: UnsafeMutableBufferPointer<Float>, _ shape: Shape) -> [LayerUnit] {
    func unit(_ channel: Int, _ y: Int, _ x: Int) -> LayerUnit {
      LayerUnit(channel: channel, y: y, x: x, activation: activations[(channel * shape.height + y) * shape.width + x])
    }
    let channels = channel.map { [$0] } ?? Array(0..<shape.channels)
    let candidates: [LayerUnit] =
      if let place {
        channels.map { unit($0, place.y, place.x) }
      } else if let channel {
        (0..<shape.area).map { unit(channel, $0 / shape.width, $0 % shape.width) }
      } else {
        channels.map { LayerUnit.strongest(of: $0, in: activations, shape) }
      }
    return Array(candidates.sorted(by: LayerUnit.isStronger).prefix(count))
  }
}
