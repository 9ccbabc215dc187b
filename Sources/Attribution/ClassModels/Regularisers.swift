import ConvNet
import Foundation
import Images
import Kernels

/// A penalty or restraint that keeps a class model similar to a picture. It works on one picture, `[C, H, W]`.
public protocol Regulariser: Sendable {
  /// Adds the gradient of the penalty; does nothing by default.
  ///
  /// - Parameter unit: RMS(∂objective/∂I) at the start. Weights are relative to it, so that they also fit nets whose scores are a
  ///   thousand times as large.
  func penalise(
    _ gradient: UnsafeMutableBufferPointer<Float>, picture: UnsafeMutableBufferPointer<Float>, shape: Shape, unit: Float)

  /// Changes the picture after step `iteration` of `iterations`; does nothing by default.
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

/// The paper's penalty −λ‖I‖₂², with λ = `weight` · RMS(∂S_c/∂I at I = 0).
///
/// So λ has the right unit, score per squared grey level. For a linear score the optimum w / 2λ has an RMS of 1 / (2·`weight`).
/// Source: Simonyan et al. 2013 §2.
struct L2Penalty: Regulariser {
  let weight: Float

  func penalise(
    _ gradient: UnsafeMutableBufferPointer<Float>, picture: UnsafeMutableBufferPointer<Float>, shape _: Shape, unit: Float
  ) {
    let factor = 2 * weight * unit
    for i in gradient.indices { gradient[i] -= factor * picture[i] }
  }
}

/// The penalty −λ·Σ √(Δx² + Δy² + 1), with λ = `weight` · RMS(∂S_c/∂I at I = 0). Noise costs more than a few high edges.
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

/// I ← (1 − rate)·I, which pulls the picture towards the mean picture (L2 decay, Yosinski et al. 2015 §3).
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

/// I ← min(max(I, −mean), 255 − mean), so that the picture that is shown, mean + I, stays within 0 … 255.
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

/// A Gaussian blur every `interval` steps, but not after the last. Its deviation changes linearly.
struct Blurring: Regulariser {
  /// The deviation in the first and in the last iteration, in pixels.
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
