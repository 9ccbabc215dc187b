import Foundation

extension SyntheticShape {
  /// True if a place is inside the shape, whose centre is (0, 0); y points down.
  func contains(_ x: Float, _ y: Float) -> Bool {
    let square = x * x + y * y
    if square > 1.02 { return false }
    switch self {
    case .disc: return square <= 0.85
    case .ring: return square <= 0.95 && square >= 0.30
    case .dome: return square <= 0.95 && y <= 0.1
    case .crescent: return square <= 0.98 && (x - 0.42) * (x - 0.42) + y * y >= 0.56
    case .heart:
      let (u, v) = (x * 1.22, 0.18 - y * 1.22)
      let base = u * u + v * v - 1
      return base * base * base <= u * u * v * v * v
    case .flower: return square.squareRoot() <= 0.70 + 0.28 * cosf(6 * atan2f(y, x))
    case .gear: return square >= 0.07 && square.squareRoot() <= (cosf(9 * atan2f(y, x)) > 0 ? 0.97 : 0.74)
    case .star, .triangle, .cross, .square, .arrow, .bolt: return Self.isInside(polygon, x, y)
    }
  }

  /// The corners in order; empty for round shapes.
  private var polygon: [SIMD2<Float>] {
    switch self {
    case .star: Self.starCorners
    case .triangle: Self.triangleCorners
    case .square: [[-0.68, -0.68], [0.68, -0.68], [0.68, 0.68], [-0.68, 0.68]]
    case .cross:
      [
        [-0.3, -0.93], [0.3, -0.93], [0.3, -0.3], [0.93, -0.3], [0.93, 0.3], [0.3, 0.3], [0.3, 0.93], [-0.3, 0.93],
        [-0.3, 0.3], [-0.93, 0.3], [-0.93, -0.3], [-0.3, -0.3],
      ]
    case .arrow: [[0.98, 0], [0.2, -0.72], [0.2, -0.3], [-0.92, -0.3], [-0.92, 0.3], [0.2, 0.3], [0.2, 0.72]]
    case .bolt: [[0.3, -0.95], [-0.62, 0.15], [-0.1, 0.15], [-0.3, 0.95], [0.62, -0.2], [0.08, -0.2]]
    default: []
    }
  }

  private static let starCorners: [SIMD2<Float>] = (0..<10).map { corner in
    let angle = Float(corner) * .pi / 5 - .pi / 2
    let radius: Float = corner % 2 == 0 ? 1 : 0.42
    return SIMD2(radius * cosf(angle), radius * sinf(angle))
  }

  private static let triangleCorners: [SIMD2<Float>] = (0..<3).map { corner in
    let angle = Float(corner) * 2 * .pi / 3 - .pi / 2
    return SIMD2(cosf(angle), sinf(angle))
  }

  /// True if a place is inside a polygon, by the even-odd rule.
  private static func isInside(_ corners: [SIMD2<Float>], _ x: Float, _ y: Float) -> Bool {
    var inside = false
    var from = corners[corners.count - 1]
    for to in corners {
      if (to.y > y) != (from.y > y), x < (from.x - to.x) * (y - to.y) / (from.y - to.y) + to.x { inside.toggle() }
      from = to
    }
    return inside
  }
}

extension SyntheticTexture {
  /// True if a place of the object has the texture's second colour.
  func isSecond(_ x: Float, _ y: Float) -> Bool {
    func odd(_ value: Float) -> Bool { Int(value.rounded(.down)) & 1 != 0 }
    switch self {
    case .solid: return false
    case .striped: return odd(x / 0.17 + 0.5)
    case .dotted:
      let row = (y / 0.36).rounded()
      let u = x / 0.36 + (odd(row) ? 0.5 : 0)
      let (du, dv) = (u - u.rounded(), y / 0.36 - row)
      return du * du + dv * dv < 0.085
    case .checked: return odd(x / 0.27 + 100) != odd(y / 0.27 + 100)
    case .ringed: return odd((x * x + y * y).squareRoot() / 0.15)
    case .wavy: return odd((y + 0.09 * sinf(x * 11)) / 0.17 + 0.5)
    case .split: return y > 0
    case .rayed: return odd(atan2f(y, x) / (.pi / 8))
    case .speckled:
      // Small blots at fixed, irregular places.
      let (column, row) = ((x / 0.15).rounded(.down), (y / 0.15).rounded(.down))
      let hash = UInt32(bitPattern: Int32(column) &* 73_856_093 ^ Int32(row) &* 19_349_663) &* 2_654_435_769
      return hash >> 24 < 88
    }
  }
}
