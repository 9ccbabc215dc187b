import Foundation

/// A Gaussian blur of every channel; beyond the border, the border's pixels are repeated.
///
/// It is separable, with the weights exp(−k²/2σ²), |k| ≤ ⌈3σ⌉, normalised to the sum 1; for σ below 0.05 pixels it is the
/// identity.
/// Source: Yosinski et al. 2015 §3, where it removes the high frequencies that gradient ascent piles up.
package struct GaussianBlur: Sendable {
  let radius: Int
  let weights: [Float]

  package init(sigma: Float) {
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

  /// - Parameters:
  ///   - picture: `[channels, height, width]`.
  ///   - scratch: A buffer of at least as many values as the picture has; overwritten.
  package func apply(
    to picture: UnsafeMutableBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>, channels: Int = 1, height: Int,
    width: Int
  ) {
    let count = channels * height * width
    precondition(
      picture.count == count && scratch.count >= count, "\(picture.count) values are not [\(channels), \(height), \(width)]")
    guard radius > 0, let values = picture.baseAddress, let half = scratch.baseAddress else { return }
    for channel in 0..<channels {
      let plane = channel * height * width
      blurRows(values + plane, to: half + plane, height, width)
      blurColumns(half + plane, to: values + plane, height, width)
    }
  }

  private func blurRows(
    _ source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, _ height: Int, _ width: Int
  ) {
    let last = width - 1
    for y in 0..<height {
      let (from, to) = (source + y * width, target + y * width)
      for x in 0...last {
        var sum: Float = 0
        for k in -radius...radius { sum += weights[k + radius] * from[min(max(x + k, 0), last)] }
        to[x] = sum
      }
    }
  }

  private func blurColumns(
    _ source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, _ height: Int, _ width: Int
  ) {
    let last = height - 1
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
