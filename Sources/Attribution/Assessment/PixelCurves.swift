import ConvNet
import Images

/// Insertion and deletion: how the posterior of the class changes while pixels are added or removed, the most important first.
///
/// Deletion replaces pixels by those of the mean picture: with a good map the posterior falls at once. Insertion starts from the
/// picture blurred with σ = 5 and restores pixels: with a good map the posterior rises at once. Source: Petsiuk et al. 2018,
/// *RISE*, §4.3.
package struct PixelCurves {
  /// The deviation σ of the blur that insertion starts from, in pixels.
  package static let sigma: Float = 5

  let score: ScoreFunction
  /// Pixels per step.
  let step: Int
  private let images: Tensor

  package init(_ score: ScoreFunction, step: Int) throws {
    self.score = score
    self.step = step
    images = try Tensor(count: score.batch, shape: score.network.input)
  }

  /// The areas under both curves, 0 … 1, by the trapezoidal rule over the fraction of changed pixels.
  ///
  /// - Parameters:
  ///   - map: `[H, W]`; equal values are taken in row order.
  ///   - image: `[3, H, W]`, mean subtracted.
  package func areas(of map: [Float], image: [Float], classIndex: Int) -> (insertion: Double, deletion: Double) {
    let shape = score.network.input
    let order = map.pixelsFromGreatest
    let insertion = curve(from: Self.blurred(image, shape), to: image, order: order, classIndex: classIndex)
    let deletion = curve(
      from: image, to: [Float](repeating: 0, count: image.count), order: order, classIndex: classIndex)
    return (area(insertion, pixels: order.count), area(deletion, pixels: order.count))
  }

  /// The posterior at the start and after each step. The last step may be shorter.
  private func curve(from start: [Float], to end: [Float], order: [Int], classIndex: Int) -> [Float] {
    let shape = score.network.input
    let points = (order.count + step - 1) / step + 1
    var current = start
    var posteriors: [Float] = []
    var waiting = 0
    for point in 0..<points {
      if point > 0 {
        for i in order[((point - 1) * step)..<min(point * step, order.count)] {
          for channel in 0..<shape.channels { current[channel * shape.area + i] = end[channel * shape.area + i] }
        }
      }
      _ = images[waiting].update(fromContentsOf: current)
      waiting += 1
      if waiting == score.batch || point == points - 1 {
        let scores = score.scores(of: images.prefix(waiting))
        for slot in 0..<waiting { posteriors.append(ConvNet.posteriors(scores[slot])[classIndex]) }
        waiting = 0
      }
    }
    return posteriors
  }

  /// - Parameter pixels: the position of the last point; the others are at 0, `step`, 2·`step`, …
  func area(_ curve: [Float], pixels: Int) -> Double {
    zip(curve, curve.dropFirst()).enumerated().reduce(0.0) { sum, trapezoid in
      let (number, sides) = trapezoid
      let width = min(step, pixels - number * step)
      return sum + Double(sides.0 + sides.1) / 2 * Double(width) / Double(pixels)
    }
  }

  static func blurred(_ image: [Float], _ shape: Shape) -> [Float] {
    var (picture, scratch) = (image, image)
    picture.withUnsafeMutableBufferPointer { picture in
      scratch.withUnsafeMutableBufferPointer { scratch in
        GaussianBlur(sigma: sigma).apply(to: picture, scratch: scratch, shape: shape)
      }
    }
    return picture
  }
}
