import Foundation

/// A mixture of Gaussians over RGB colours, 0–255: p(x) ∝ Σ πₖ |Σₖ|^−½ exp(−½ (x − μₖ)ᵀ Σₖ⁻¹ (x − μₖ)).
///
/// The factor (2π)^−3/2 is left out, as in OpenCV: it is the same in the two models that are compared.
/// Source: Blake et al., *Interactive Image Segmentation Using an Adaptive GMMRF Model*, ECCV 2004; GrabCut (Rother et al. 2004).
struct ColourModel: Sendable {
  struct Component: Sendable {
    /// πₖ
    var weight: Float
    var mean: SIMD3<Float>
    var covariance: Covariance
  }

  /// The entries xx, xy, xz, yy, yz and zz of a symmetric matrix.
  struct Covariance: Sendable, Equatable {
    var xx = 0.0, xy = 0.0, xz = 0.0, yy = 0.0, yz = 0.0, zz = 0.0

    var determinant: Double { xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz) }

    /// Adds 0.01 to the diagonal if the matrix is singular, as OpenCV does. A single colour, and colours on a line or plane, then
    /// have a density too.
    mutating func regularise() {
      guard determinant < 1e-6 else { return }
      xx += 0.01
      yy += 0.01
      zz += 0.01
    }

    var inverse: Covariance {
      let scale = 1 / determinant
      return Covariance(
        xx: (yy * zz - yz * yz) * scale, xy: (xz * yz - xy * zz) * scale, xz: (xy * yz - xz * yy) * scale,
        yy: (xx * zz - xz * xz) * scale, yz: (xy * xz - xx * yz) * scale, zz: (xx * yy - xy * xy) * scale)
    }
  }

  let components: [Component]
  /// The terms of `cost` per component: log πₖ − ½ log |Σₖ|, μₖ, and Σₖ⁻¹ with halved diagonal.
  private let terms: [(constant: Float, mean: SIMD3<Float>, diagonal: SIMD3<Float>, mixed: SIMD3<Float>)]

  init(_ components: [Component]) {
    self.components = components
    terms = components.map { component in
      let inverse = component.covariance.inverse
      return (
        Float(log(Double(component.weight)) - 0.5 * log(component.covariance.determinant)), component.mean,
        SIMD3(Float(inverse.xx), Float(inverse.yy), Float(inverse.zz)) * 0.5,
        SIMD3(Float(inverse.xy), Float(inverse.xz), Float(inverse.yz))
      )
    }
  }

  /// The logarithm of one component's contribution to the density.
  @inline(__always)
  func logDensity(_ component: Int, _ colour: SIMD3<Float>) -> Float {
    let term = terms[component]
    let d = colour - term.mean
    let squares = term.diagonal * d * d
    let products = term.mixed * SIMD3(d.x * d.y, d.x * d.z, d.y * d.z)
    return term.constant - squares.sum() - products.sum()
  }

  /// −log p(colour), finite for every colour.
  func cost(_ colour: SIMD3<Float>) -> Float {
    var largest = -Float.infinity
    for index in terms.indices { largest = max(largest, logDensity(index, colour)) }
    var sum: Float = 0
    for index in terms.indices { sum += exp(logDensity(index, colour) - largest) }
    return -largest - log(sum)
  }
}
