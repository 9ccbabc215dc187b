import ConvNet
import Foundation

/// The numbers z that an ascent changes instead of pixels: the picture is I = T·z, and so ∂/∂z = Tᵀ·∂/∂I.
///
/// All functions work in place on one picture, `[3, H, W]`. `progress` is the part of the iterations that are done, 0 … 1.
protocol Parameterisation: Sendable {
  /// g ← Tᵀ·g
  func pullBack(_ gradient: UnsafeMutableBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>, progress: Float)
  /// z ← T·z
  func render(_ coefficients: UnsafeMutableBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>, progress: Float)
}

/// The pixels themselves.
struct PixelParameterisation: Parameterisation {
  func pullBack(_: UnsafeMutableBufferPointer<Float>, scratch _: UnsafeMutableBufferPointer<Float>, progress _: Float) {}
  func render(_: UnsafeMutableBufferPointer<Float>, scratch _: UnsafeMutableBufferPointer<Float>, progress _: Float) {}
}

/// Coefficients of waves in three uncorrelated colours. High frequencies are weighted down as they are in photographs.
///
/// T = colours · cosine transform · diag(1 / max(f, 1/side)^power). The cosine transform is the orthonormal DCT-II of each plane,
/// that is the Fourier transform of the picture continued by reflection. With `octaves` > 1 finer waves are admitted step by
/// step: in phase k of n those below 1/`octaveScale`^(n−1−k) of the highest frequency.
/// Source: Olah et al. 2017, *Feature Visualization* (preconditioning by a decorrelated Fourier basis).
struct FourierParameterisation: Parameterisation {
  let shape: Shape
  let octaves: Int
  let octaveScale: Float
  /// `[H, H]` and `[W, W]`, one wave per row.
  private let rows: [Float]
  private let columns: [Float]
  /// The weight of each wave, `[H, W]`.
  private let scale: [Float]
  /// The colours as columns, RGB.
  private let colours: [SIMD3<Float>]

  /// - Parameters:
  ///   - power: the power of the frequency; 0 for no weighting.
  ///   - colourAxes: the principal colour axes, each as long as its standard deviation.
  init(shape: Shape, power: Float, colourAxes: [SIMD3<Float>], octaves: Int = 1, octaveScale: Float = 1.4) {
    precondition(shape.channels == 3 && colourAxes.count == 3, "three colours")
    (self.shape, self.octaves, self.octaveScale) = (shape, octaves, octaveScale)
    rows = Self.waves(shape.height)
    columns = Self.waves(shape.width)
    let lowest = 1 / Float(max(shape.height, shape.width))
    scale = (0..<shape.area).map { index in
      let (u, v) = (Float(index / shape.width) / Float(2 * shape.height), Float(index % shape.width) / Float(2 * shape.width))
      return 1 / pow(max((u * u + v * v).squareRoot(), lowest), power)
    }
    let size = colourAxes.map { ($0 * $0).sum() }.max() ?? 1
    colours = colourAxes.map { $0 / max(size, .leastNormalMagnitude).squareRoot() }
  }

  /// The orthonormal DCT-II of n values, one wave per row.
  private static func waves(_ n: Int) -> [Float] {
    (0..<(n * n)).map { index in
      let (k, x) = (index / n, index % n)
      let size = (k == 0 ? 1.0 / Double(n) : 2.0 / Double(n)).squareRoot()
      return Float(size * cos(Double.pi * Double(2 * x + 1) * Double(k) / Double(2 * n)))
    }
  }

  func pullBack(_ gradient: UnsafeMutableBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>, progress: Float) {
    mixColours(gradient) { g in SIMD3((colours[0] * g).sum(), (colours[1] * g).sum(), (colours[2] * g).sum()) }
    for channel in 0..<3 {
      let plane = gradient.baseAddress! + channel * shape.area
      transform(plane, scratch.baseAddress!, inverse: false)
      weigh(plane, progress)
    }
  }

  func render(_ coefficients: UnsafeMutableBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>, progress: Float) {
    for channel in 0..<3 {
      let plane = coefficients.baseAddress! + channel * shape.area
      weigh(plane, progress)
      transform(plane, scratch.baseAddress!, inverse: true)
    }
    mixColours(coefficients) { z in colours[0] * z.x + colours[1] * z.y + colours[2] * z.z }
  }

  /// plane ← R·plane·Cᵀ, or if `inverse`: Rᵀ·plane·C.
  private func transform(_ plane: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>, inverse: Bool) {
    rows.withUnsafeBufferPointer { rows in
      columns.withUnsafeBufferPointer { columns in
        let r = Matrix(rows.baseAddress!, shape.height, shape.height)
        let c = Matrix(columns.baseAddress!, shape.width, shape.width)
        let picture = Matrix(plane, shape.height, shape.width)
        multiply(inverse ? r.transpose : r, picture, into: scratch)
        multiply(Matrix(scratch, shape.height, shape.width), inverse ? c : c.transpose, into: plane)
      }
    }
  }

  private func weigh(_ plane: UnsafeMutablePointer<Float>, _ progress: Float) {
    let phase = min(Int(progress * Float(octaves)), octaves - 1)
    let share = pow(octaveScale, Float(phase - (octaves - 1)))
    let (height, width) = (Int((share * Float(shape.height)).rounded(.up)), Int((share * Float(shape.width)).rounded(.up)))
    for y in 0..<shape.height {
      let line = plane + y * shape.width
      let kept = y < height ? width : 0
      for x in 0..<kept { line[x] *= scale[y * shape.width + x] }
      (line + kept).update(repeating: 0, count: shape.width - kept)
    }
  }

  private func mixColours(_ picture: UnsafeMutableBufferPointer<Float>, _ mix: (SIMD3<Float>) -> SIMD3<Float>) {
    let area = shape.area
    for i in 0..<area {
      let mixed = mix(SIMD3(picture[i], picture[area + i], picture[2 * area + i]))
      (picture[i], picture[area + i], picture[2 * area + i]) = (mixed.x, mixed.y, mixed.z)
    }
  }
}
