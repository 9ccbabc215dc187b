import ConvNet
import Foundation

/// A mask of a picture that is a smooth maximum of parameters on a coarse grid, every `step` pixels, each spread by the kernel
/// k(d) = exp(−2 max(d/σ − 1/2, 0)²) of the distance d: m = Σ v e^{20 v} / Σ e^{20 v}, with v = k · parameter over the neighbours. It has
/// a margin of σ pixels around the picture, in which parameters count towards the area too.
///
/// Source: Fong et al. 2019, *Understanding deep networks via extremal perturbations and smooth masks*, §3.2; TorchRay's `MaskGenerator`.
struct SmoothMask {
  private static let coldness: Float = 20
  let step: Int
  let margin: Int
  /// The size of the grid of parameters, of the mask with its margin, and of the picture.
  let grid, whole, picture: Shape
  private let radius: Int
  private let padding: Int
  /// The kernel at `[place in a cell (step²), neighbour ((2·radius + 1)²)]`.
  private let kernel: [Float]

  init(picture: Shape, step: Int, sigma: Int) {
    (self.step, margin, self.picture) = (step, sigma, Shape(channels: 1, height: picture.height, width: picture.width))
    (radius, padding) = (1 + (sigma + step - 1) / step, 1 + (2 * sigma + step - 1) / step)
    grid = Shape(channels: 1, height: (picture.height + step - 1) / step, width: (picture.width + step - 1) / step)
    let around = 2 * padding - 2 * radius
    whole = Shape(
      channels: 1, height: step * (grid.height + around - 1) + 1, width: step * (grid.width + around - 1) + 1)
    let (side, padding) = (2 * radius + 1, padding)
    kernel = (0..<(step * step)).flatMap { place in
      (0..<(side * side)).map { neighbour in
        let y = Float(place / step - sigma - step * (neighbour / side - padding))
        let x = Float(place % step - sigma - step * (neighbour % side - padding))
        let distance = max((y * y + x * x).squareRoot() / Float(sigma) - 0.5, 0)
        return exp(-2 * distance * distance)
      }
    }
  }

  /// The mask with its margin, from the parameters.
  func mask(_ parameters: [Float]) -> [Float] {
    var mask = [Float](repeating: 0, count: whole.area)
    forEachPixel(padded(parameters)) { pixel, near in mask[pixel] = min(max(near.mean, 0), 1) }
    return mask
  }

  /// The derivatives of an objective with respect to the parameters, from those with respect to the mask with its margin.
  func pullBack(_ gradient: [Float], _ parameters: [Float]) -> [Float] {
    var sums = [Float](repeating: 0, count: paddedWidth * (grid.height + 2 * padding))
    forEachPixel(padded(parameters)) { pixel, near in
      guard gradient[pixel] != 0, near.mean >= 0, near.mean <= 1 else { return }
      for k in near.values.indices {
        let share = near.weights[k] / near.total * (1 + Self.coldness * (near.values[k] - near.mean))
        sums[near.corner + k / side * paddedWidth + k % side] += gradient[pixel] * share * kernel[near.kernel + k]
      }
    }
    return (0..<grid.height).flatMap { y in
      let start = (padding + y) * paddedWidth + padding
      return sums[start..<(start + grid.width)]
    }
  }

  /// The part of a mask with margin that covers the picture.
  func cropped(_ mask: [Float]) -> [Float] {
    (0..<picture.height).flatMap { y in
      let start = (margin + y) * whole.width + margin
      return mask[start..<(start + picture.width)]
    }
  }

  private var side: Int { 2 * radius + 1 }
  private var paddedWidth: Int { grid.width + 2 * padding }

  /// The parameters with a border of zeros.
  private func padded(_ parameters: [Float]) -> [Float] {
    var padded = [Float](repeating: 0, count: paddedWidth * (grid.height + 2 * padding))
    for i in parameters.indices {
      padded[(padding + i / grid.width) * paddedWidth + padding + i % grid.width] = parameters[i]
    }
    return padded
  }

  /// What a pixel's value is made of.
  private struct Neighbours {
    /// The place of the first neighbour in the padded parameters, and of its weight in `kernel`.
    var corner = 0
    var kernel = 0
    /// Each neighbour's value v, and e^{20 v}.
    var values, weights: [Float]
    /// Σ e^{20 v}, and the pooled value.
    var total: Float = 0
    var mean: Float = 0
  }

  private func forEachPixel(_ parameters: [Float], _ body: (_ pixel: Int, borrowing Neighbours) -> Void) {
    let zeros = [Float](repeating: 0, count: side * side)
    var near = Neighbours(values: zeros, weights: zeros)
    for pixel in 0..<whole.area {
      let (y, x) = (pixel / whole.width, pixel % whole.width)
      near.corner = y / step * paddedWidth + x / step
      near.kernel = (y % step * step + x % step) * side * side
      var sum: Float = 0
      near.total = 0
      for k in zeros.indices {
        let value = kernel[near.kernel + k] * parameters[near.corner + k / side * paddedWidth + k % side]
        near.values[k] = value
        near.weights[k] = exp(Self.coldness * value)
        sum += value * near.weights[k]
        near.total += near.weights[k]
      }
      near.mean = sum / near.total
      body(pixel, near)
    }
  }
}
