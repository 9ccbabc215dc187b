import ConvNet
import Foundation

// What is done to a class model between two steps of the ascent. All work on one picture, [C, H, W], in place unless said.

/// The root of the mean square, summed in double precision.
func rootMeanSquare(_ values: UnsafeMutableBufferPointer<Float>) -> Float {
  var sum = 0.0
  for value in values { sum += Double(value) * Double(value) }
  return Float((sum / Double(max(values.count, 1))).squareRoot())
}

/// I ← (1 − rate)·I: a pull towards the mean picture (L2 decay, Yosinski et al. 2015 §3).
func decay(_ picture: UnsafeMutableBufferPointer<Float>, rate: Float) {
  guard rate != 0 else { return }
  let kept = 1 - rate
  for i in picture.indices { picture[i] *= kept }
}

/// I ← min(max(I, −mean), 255 − mean): what is shown, mean + I, stays within 0 … 255.
func clip(_ picture: UnsafeMutableBufferPointer<Float>, mean: [Float]) {
  precondition(picture.count == mean.count, "a picture of \(picture.count) values and a mean of \(mean.count)")
  for i in picture.indices { picture[i] = min(max(picture[i], -mean[i]), 255 - mean[i]) }
}

/// A shift of a picture in which what leaves at one side comes in at the other, so that nothing is lost:
/// `y[c, (i + down) mod H, (j + right) mod W] = x[c, i, j]`.
struct Roll: Equatable {
  var right = 0
  var down = 0

  /// The shift that undoes this one.
  var inverse: Roll { Roll(right: -right, down: -down) }

  /// Jitter: uniform in −limit … limit both ways; a function of the seed, the iteration and the class alone.
  init(jitter limit: Int, seed: UInt64, iteration: Int, classIndex: Int) {
    guard limit > 0 else { return }
    var random = CounterRandom(seed: seed, purpose: .visualization, epoch: iteration, sample: classIndex)
    right = random.index(below: 2 * limit + 1) - limit
    down = random.index(below: 2 * limit + 1) - limit
  }

  init(right: Int, down: Int) { (self.right, self.down) = (right, down) }

  /// Writes the shifted `source` to `target`; they must not overlap.
  func apply(_ source: UnsafeMutableBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>, shape: Shape) {
    precondition(source.count == shape.count && target.count == shape.count, "\(source.count) values are not \(shape)")
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let (width, height) = (shape.width, shape.height)
    let right = ((self.right % width) + width) % width
    let down = ((self.down % height) + height) % height
    for row in 0..<(shape.channels * height) {
      let plane = row / height * height
      let line = to + (plane + (row - plane + down) % height) * width
      let old = from + row * width
      (line + right).update(from: old, count: width - right)
      line.update(from: old + width - right, count: right)
    }
  }
}

/// A Gaussian blur of every channel, with the border repeated outwards.
///
/// Separable: weights exp(−k²/2σ²), |k| ≤ ⌈3σ⌉, normalised to sum 1; the identity for σ below 0.05 pixels.
/// Source: Yosinski et al. 2015 §3, where it removes the high frequencies that gradient ascent piles up.
struct GaussianBlur {
  let radius: Int
  let weights: [Float]

  init(sigma: Float) {
    guard sigma >= 0.05 else {
      (radius, weights) = (0, [1])
      return
    }
    let reach = Int((3 * sigma).rounded(.up))
    let raw = (-reach...reach).map { exp(-Float($0 * $0) / (2 * sigma * sigma)) }
    let sum = raw.reduce(0, +)
    radius = reach
    weights = raw.map { $0 / sum }
  }

  /// - Parameter scratch: at least as many values as the picture has; overwritten.
  func apply(
    to picture: UnsafeMutableBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>, shape: Shape
  ) {
    precondition(picture.count == shape.count && scratch.count >= shape.count, "\(picture.count) values are not \(shape)")
    guard radius > 0, let values = picture.baseAddress, let half = scratch.baseAddress else { return }
    for channel in 0..<shape.channels {
      let plane = channel * shape.area
      blurRows(values + plane, to: half + plane, shape)
      blurColumns(half + plane, to: values + plane, shape)
    }
  }

  private func blurRows(_ source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, _ shape: Shape) {
    let last = shape.width - 1
    for y in 0..<shape.height {
      let (from, to) = (source + y * shape.width, target + y * shape.width)
      for x in 0...last {
        var sum: Float = 0
        for k in -radius...radius { sum += weights[k + radius] * from[min(max(x + k, 0), last)] }
        to[x] = sum
      }
    }
  }

  private func blurColumns(_ source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, _ shape: Shape) {
    let (width, last) = (shape.width, shape.height - 1)
    for y in 0...last {
      let to = target + y * width
      to.update(repeating: 0, count: width)
      for k in -radius...radius {
        let from = source + min(max(y + k, 0), last) * width
        let weight = weights[k + radius]
        for x in 0..<width { to[x] += weight * from[x] }
      }
    }
  }
}
