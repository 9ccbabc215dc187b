import ConvNet
import Foundation
import Images
import Kernels

/// What keeps a class model a picture. All work on one picture, `[C, H, W]`.
public protocol Regulariser: Sendable {
  /// Adds the gradient of its penalty; nothing by default.
  ///
  /// - Parameter unit: RMS(∂objective/∂I) at the start, so that weights are the same for nets whose scores are a thousand times
  ///   as large.
  func penalise(
    _ gradient: UnsafeMutableBufferPointer<Float>, picture: UnsafeMutableBufferPointer<Float>, shape: Shape, unit: Float)

  /// Changes the picture after step `iteration` of `iterations`; nothing by default.
  func restrain(
    _ picture: UnsafeMutableBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>, shape: Shape, iteration: Int,
    iterations: Int)
}

extension Regulariser {
  public func penalise(
    _: UnsafeMutableBufferPointer<Float>, picture _: UnsafeMutableBufferPointer<Float>, shape _: Shape, unit _: Float
  ) {}
  public func restrain(
    _: UnsafeMutableBufferPointer<Float>, scratch _: UnsafeMutableBufferPointer<Float>, shape _: Shape, iteration _: Int,
    iterations _: Int
  ) {}
}

/// The root of the mean square, summed in double precision.
func rootMeanSquare(_ values: UnsafeMutableBufferPointer<Float>) -> Float {
  guard let base = values.baseAddress else { return 0 }
  return Float((kernels_sum_of_squares(base, values.count) / Double(max(values.count, 1))).squareRoot())
}

/// −λ‖I‖₂², the paper's: λ = `weight` · RMS(∂S_c/∂I at I = 0).
///
/// So λ has the unit of score per squared grey level, as it must. For a linear score the optimum w / 2λ has an RMS of
/// 1 / (2·`weight`). Source: Simonyan et al. 2013 §2.
struct L2Penalty: Regulariser {
  let weight: Float

  func penalise(
    _ gradient: UnsafeMutableBufferPointer<Float>, picture: UnsafeMutableBufferPointer<Float>, shape _: Shape, unit: Float
  ) {
    let factor = 2 * weight * unit
    for i in gradient.indices { gradient[i] -= factor * picture[i] }
  }
}

/// −λ·Σ √(Δx² + Δy² + 1): edges cost by their height, noise more than a few edges; λ = `weight` · RMS(∂S_c/∂I at I = 0).
///
/// Source: Mahendran & Vedaldi 2015, *Understanding Deep Image Representations by Inverting Them* (there to the power of β / 2).
struct TotalVariation: Regulariser {
  let weight: Float

  func penalise(
    _ gradient: UnsafeMutableBufferPointer<Float>, picture: UnsafeMutableBufferPointer<Float>, shape: Shape, unit: Float
  ) {
    let factor = weight * unit
    let width = shape.width
    for row in 0..<(shape.channels * shape.height) where (row + 1) % shape.height != 0 {
      for i in (row * width)..<(row * width + width - 1) {
        let (right, down) = (picture[i + 1] - picture[i], picture[i + width] - picture[i])
        let scale = factor / (right * right + down * down + 1).squareRoot()
        gradient[i] += scale * (right + down)
        gradient[i + 1] -= scale * right
        gradient[i + width] -= scale * down
      }
    }
  }
}

/// I ← (1 − rate)·I: a pull towards the mean picture (L2 decay, Yosinski et al. 2015 §3).
struct Decay: Regulariser {
  let rate: Float

  func restrain(
    _ picture: UnsafeMutableBufferPointer<Float>, scratch _: UnsafeMutableBufferPointer<Float>, shape _: Shape, iteration _: Int,
    iterations _: Int
  ) {
    let kept = 1 - rate
    for i in picture.indices { picture[i] *= kept }
  }
}

/// I ← min(max(I, −mean), 255 − mean): what is shown, mean + I, stays within 0 … 255.
struct Clipping: Regulariser {
  /// `[3, H, W]`
  let mean: [Float]

  func restrain(
    _ picture: UnsafeMutableBufferPointer<Float>, scratch _: UnsafeMutableBufferPointer<Float>, shape _: Shape, iteration _: Int,
    iterations _: Int
  ) {
    precondition(picture.count == mean.count, "a picture of \(picture.count) values and a mean of \(mean.count)")
    for i in picture.indices { picture[i] = min(max(picture[i], -mean[i]), 255 - mean[i]) }
  }
}

/// A Gaussian blur every few steps, whose deviation goes linearly from one value to another; the picture ends without one.
struct Blurring: Regulariser {
  /// In pixels, in the first iteration and in the last.
  let sigma: (first: Float, last: Float)
  let interval: Int

  func restrain(
    _ picture: UnsafeMutableBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>, shape: Shape, iteration: Int,
    iterations: Int
  ) {
    guard (iteration + 1) % interval == 0, iteration + 1 < iterations else { return }
    let blur = GaussianBlur(sigma: sigma.first + (sigma.last - sigma.first) * Float(iteration) / Float(iterations))
    blur.apply(to: picture, scratch: scratch, shape: shape)
  }
}
