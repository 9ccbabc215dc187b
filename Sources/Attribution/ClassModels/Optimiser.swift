/// How a gradient becomes a direction. The length of the step is decided elsewhere.
public enum Optimiser: String, Sendable, Hashable, Codable, CaseIterable {
  /// The gradient itself.
  case gradient
  /// m ← 0.9·m + g / RMS(g)
  case momentum
  /// Kingma & Ba 2015 with β₁ = 0.9, β₂ = 0.999.
  case adam
}

/// What an optimiser keeps for one picture from step to step.
struct OptimiserState {
  private let optimiser: Optimiser
  private var first: [Float] = []
  private var second: [Float] = []
  private var steps = 0

  init(_ optimiser: Optimiser, count: Int) {
    self.optimiser = optimiser
    if optimiser != .gradient { first = [Float](repeating: 0, count: count) }
    if optimiser == .adam { second = first }
  }

  /// Replaces a gradient by the direction to go in. The size of the gradient doesn't matter: momentum and Adam divide it by its
  /// RMS first.
  mutating func direct(_ gradient: UnsafeMutableBufferPointer<Float>) {
    if optimiser == .gradient { return }
    let size = rootMeanSquare(gradient)
    guard size > 0, size.isFinite else { return }
    steps += 1
    let scale = 1 / size
    switch optimiser {
    case .gradient: break
    case .momentum:
      for i in gradient.indices {
        first[i] = 0.9 * first[i] + scale * gradient[i]
        gradient[i] = first[i]
      }
    case .adam:
      let (a, b) = (1 / (1 - power(0.9)), 1 / (1 - power(0.999)))
      for i in gradient.indices {
        let g = scale * gradient[i]
        first[i] = 0.9 * first[i] + 0.1 * g
        second[i] = 0.999 * second[i] + 0.001 * g * g
        gradient[i] = a * first[i] / ((b * second[i]).squareRoot() + 1e-4)
      }
    }
  }

  /// β to the power of the number of steps.
  private func power(_ beta: Float) -> Float { (0..<min(steps, 10_000)).reduce(Float(1)) { product, _ in product * beta } }
}
