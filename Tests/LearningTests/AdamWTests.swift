import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Learning

/// What PyTorch computes in float64 on the formula's weights and gradients: see Golden/recipe.py.
private struct Golden: Decodable {
  let norms: [Double]
  /// Of each parameter every 97th value.
  let values, firstMoments, secondMoments: [[Double]]

  static func read() throws -> Golden {
    let file = try #require(Bundle.module.url(forResource: "Golden/golden", withExtension: "json"))
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }
}

@Suite("AdamW")
struct AdamWTests {
  private let adamW = AdamW(beta1: 0.8, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.05, biasRateFactor: 2)

  private func store() throws -> ParameterStore {
    let network = try Network(
      name: "small", input: Shape(channels: 3, height: 9, width: 9),
      layers: [
        .init(name: "conv1", layer: .convolution(Convolution(filters: 40, kernel: 3))),
        .init(name: "fc2", layer: .fullyConnected(FullyConnected(outputs: 21))),
      ])
    let store = try ParameterStore(network, keeping: adamW.keeps)
    for (salt, parameter) in store.parameters.enumerated() {
      Formula.fill(store.values[parameter.range], salt: UInt32(salt), scale: 0.5)
    }
    return store
  }

  /// Seven updates; gives the norm of each gradient before it was clipped.
  private func train(_ store: ParameterStore, _ optimizer: AdamW, workers: Int, parts: [ParameterStore]? = nil) -> [Double] {
    let team = ThreadTeam(workers: workers)
    return (0..<7).map { step in
      for (salt, parameter) in store.parameters.enumerated() {
        let scale = Float(Double(0.1) * Double(salt + 1) * Double(1 + step % 2))
        Formula.fill(store.gradients[parameter.range], salt: UInt32(100 * (step + 1) + salt), scale: scale)
      }
      let norm = store.parameters.reduce(0) { $0 + optimizer.squaredGradient($1, of: store, team: team) }.squareRoot()
      if norm > 20 { store.scaleGradients(by: Float(20 / norm), team: team) }
      for part in parts ?? [store] { optimizer.update(part, rate: step < 4 ? 0.01 : 0.002, number: step + 1, team: team) }
      return norm
    }
  }

  private func distance(_ found: [Float], _ expected: [Double]) -> Double {
    let squares = zip(found, expected).reduce((0.0, 0.0)) {
      ($0.0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1), $0.1 + $1.1 * $1.1)
    }
    return (squares.0 / squares.1).squareRoot()
  }

  @Test("Updates and the norm of gradients are PyTorch's, clipped every second time", arguments: [1, 2, 3])
  func golden(workers: Int) throws {
    let golden = try Golden.read()
    let store = try store()
    let norms = train(store, adamW, workers: workers)
    // PyTorch adds 1e-6 to the norm that it divides by.
    for (norm, expected) in zip(norms, golden.norms) { #expect(abs(norm / expected - 1) < 1e-6) }
    let seconds = try #require(store.state[.secondMoments])
    for (buffer, expected) in [
      (store.values, golden.values), (store.velocity, golden.firstMoments), (seconds, golden.secondMoments),
    ] {
      for (parameter, expected) in zip(store.parameters, expected) {
        let found = stride(from: 0, to: parameter.range.count, by: 97).map { buffer[parameter.range][$0] }
        // Rounding of 2⁻²⁴ a term through seven updates.
        #expect(distance(found, expected) < 1e-6, "\(parameter.name)")
      }
    }
  }

  @Test("Every team and every cut into parts gives the same bits")
  func parts() throws {
    let whole = try store()
    _ = train(whole, adamW, workers: 1)
    let cut = try store()
    let parts = try [cut.part(0..<1), cut.part(1..<2, outputs: 0..<8), cut.part(1..<2, outputs: 8..<21)]
    _ = train(cut, adamW, workers: 3, parts: parts)
    for (own, other) in zip([whole.values] + whole.kept, [cut.values] + cut.kept) {
      #expect(memcmp(own.pointer, other.pointer, own.count * 4) == 0)
    }
  }

  @Test("A pixel deviation is the same training as dividing the pixels by it")
  func pixelDeviation() throws {
    let deviation: Float = 32
    let (plain, scaled) = (try store(), try store())
    let first = plain.parameters[0].range
    for i in first { scaled.values.pointer[i] /= deviation }
    var rule = adamW
    rule.pixelDeviation = deviation
    for step in 0..<4 {
      for (salt, parameter) in plain.parameters.enumerated() {
        for store in [plain, scaled] {
          Formula.fill(store.gradients[parameter.range], salt: UInt32(10 * step + salt), scale: 0.1)
        }
      }
      for i in first { scaled.gradients.pointer[i] *= deviation }
      let team = ThreadTeam(workers: 1)
      #expect(
        adamW.squaredGradient(plain.parameters[0], of: plain, team: team)
          == rule.squaredGradient(scaled.parameters[0], of: scaled, team: team))
      adamW.update(plain, rate: 0.01, number: step + 1, team: team)
      rule.update(scaled, rate: 0.01, number: step + 1, team: team)
    }
    // Powers of two don't round.
    for i in plain.values.all.indices {
      #expect(scaled.values.pointer[i] * (first.contains(i) ? deviation : 1) == plain.values.pointer[i])
    }
  }
}
