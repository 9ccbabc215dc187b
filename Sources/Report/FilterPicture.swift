import ConvNet
import Images

/// The filters of the first convolution as tiles of one picture. Each is scaled by its own largest weight; grey is zero.
package struct FilterPicture {
  let picture: Picture
  let layer: String
  /// The number of filters shown: the first 256 if there are more.
  let count: Int
  /// The side of a filter, in pixels.
  let kernel: Int

  private static let columns = 16
  private static let gap = 1
  private static let gapColour: UInt8 = 20

  /// - Parameter weights: `[count, 3, kernel, kernel]`, RGB.
  package init(weights: UnsafeBufferPointer<Float>, filters: Int, kernel: Int, layer: String) {
    count = min(filters, 256)
    self.kernel = kernel
    self.layer = layer
    let columns = min(Self.columns, count)
    let rows = (count + columns - 1) / columns
    let pitch = kernel + Self.gap
    let (width, height) = (columns * pitch + Self.gap, rows * pitch + Self.gap)
    var pixels = [UInt8](repeating: Self.gapColour, count: width * height * 3)
    for filter in 0..<count {
      let own = weights[(filter * 3 * kernel * kernel)..<((filter + 1) * 3 * kernel * kernel)]
      let largest = own.reduce(Float(0)) { $1.isFinite ? max($0, abs($1)) : $0 }
      let (top, left) = (filter / columns * pitch + Self.gap, filter % columns * pitch + Self.gap)
      for channel in 0..<3 {
        for y in 0..<kernel {
          for x in 0..<kernel {
            let value = own[own.startIndex + (channel * kernel + y) * kernel + x]
            let scaled = largest > 0 && value.isFinite ? 127.5 + 127.5 * value / largest : 127.5
            pixels[((top + y) * width + left + x) * 3 + channel] = UInt8(scaled.rounded())
          }
        }
      }
    }
    picture = Picture(width: width, height: height, pixels: pixels)
  }

  /// Makes a picture of the filters of a network's first layer; nil unless that is a convolution over RGB.
  package init?(_ store: ParameterStore) {
    guard let (layer, convolution) = Self.first(of: store.network), let weights = store.parameter(layer, .weights) else {
      return nil
    }
    self.init(
      weights: UnsafeBufferPointer(store.values[weights.range]), filters: convolution.filters, kernel: convolution.kernel,
      layer: layer)
  }

  /// The name and geometry of the first layer; nil unless it is a convolution over RGB.
  static func first(of network: Network) -> (name: String, Convolution)? {
    guard network.input.channels == 3, let first = network.layers.first, case .convolution(let convolution) = first.layer
    else { return nil }
    return (first.name, convolution)
  }
}
