import ConvNet

/// Maps that are made without a net, by which tests are judged: a test that such a map passes says nothing of a method.
package enum ControlMaps {
  /// The names of `all`.
  package static let names = ["edge", "mask", "input"]

  /// The edges of the picture, the object itself, and the picture itself, each `[H, W]`.
  ///
  /// - Parameters:
  ///   - image: `[3, H, W]`, mean subtracted.
  ///   - object: true for pixels of the object.
  package static func all(_ image: [Float], object: [Bool], _ shape: Shape) -> [[Float]] {
    [edges(image, shape), object.map { $0 ? 1 : 0 }, input(image, shape)]
  }

  /// The length of Sobel's gradient of the mean of the channels; the border is repeated.
  static func edges(_ image: [Float], _ shape: Shape) -> [Float] {
    func grey(_ y: Int, _ x: Int) -> Float {
      let i = min(max(y, 0), shape.height - 1) * shape.width + min(max(x, 0), shape.width - 1)
      return (image[i] + image[shape.area + i] + image[2 * shape.area + i]) / 3
    }
    return (0..<shape.area).map { i in
      let (y, x) = (i / shape.width, i % shape.width)
      let right = grey(y - 1, x + 1) + 2 * grey(y, x + 1) + grey(y + 1, x + 1)
      let left = grey(y - 1, x - 1) + 2 * grey(y, x - 1) + grey(y + 1, x - 1)
      let below = grey(y + 1, x - 1) + 2 * grey(y + 1, x) + grey(y + 1, x + 1)
      let above = grey(y - 1, x - 1) + 2 * grey(y - 1, x) + grey(y - 1, x + 1)
      return ((right - left) * (right - left) + (below - above) * (below - above)).squareRoot()
    }
  }

  /// The greatest absolute value of the channels.
  static func input(_ image: [Float], _ shape: Shape) -> [Float] {
    (0..<shape.area).map { i in
      stride(from: i, to: image.count, by: shape.area).reduce(Float(0)) { max($0, abs(image[$1])) }
    }
  }
}
