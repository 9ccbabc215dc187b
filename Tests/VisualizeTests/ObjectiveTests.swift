import ConvNet
import Results
import TestSupport
import Testing

@testable import Attribution
@testable import Visualize

@Suite struct ObjectiveTests {
  private func net() throws -> TrainedNetwork {
    let store = try smallNet()
    return TrainedNetwork(
      parameters: store, mean: [Float](repeating: 120, count: store.network.input.count), classes: (0..<5).map { "s\($0)" },
      classNames: (0..<5).map { "class \($0)" }, digest: "", fileName: "net.h5")
  }

  @Test("Objectives are read as they are written") func parsing() throws {
    let net = try net()
    #expect(try Objective("score:s3", for: net) == .score(3))
    #expect(try Objective("posterior:s0", for: net) == .posterior(0))
    #expect(
      try Objective("conv1:7@centre+0.5*fc2:3+-2*score:s1", for: net)
        == Objective([
          .init(.activation(layer: "conv1", channel: 7, .centre)),
          .init(.activation(layer: "fc2", channel: 3, .everywhere), weight: 0.5), .init(.score(classIndex: 1), weight: -2),
        ]))
    #expect(
      try Objective("conv1:0@15.2", for: net) == Objective([.init(.activation(layer: "conv1", channel: 0, .at(y: 15, x: 2)))]))
  }

  @Test(
    "What isn't in the net is named",
    arguments: [
      ("conv1:8", "0 … 7"), ("conv9:1", "conv9"), ("score:s9", "s9"), ("conv1:1@16.0", "16×16"), ("x*conv1:1", "WEIGHT"),
      ("conv1", "LAYER:CHANNEL"), ("", "empty"),
    ])
  func wrong(text: String, part: String) throws {
    let net = try net()
    let error = #expect(throws: ResultsError.self) { try Objective(text, for: net) }
    #expect(try #require(error).description.contains(part))
  }

  @Test(
    "Gradients of units, channels, posteriors and sums are those of finite differences",
    arguments: [
      "score:s2", "posterior:s2", "norm1:3", "pool1:5@centre", "fc2:4", "fc2:1+0.3*score:s0+20*posterior:s1+-1*norm1:2@3.4",
    ])
  func finiteDifferences(text: String) throws {
    let net = try net()
    let objective = try Objective(text, for: net)
    let plan = try Plan(net.parameters, batch: 2, purpose: .inputGradient, backend: .openblas)
    let evaluator = try ObjectiveGradient(plan, diversity: nil)
    let pictures = try randomPictures(2, net.network.input)
    let objectives = [Objective.score(0), objective]
    func value() throws -> Float { try evaluator.run(pictures, objectives, group: 1)[1] }
    _ = try value()
    let gradient = Array(evaluator.gradient[1])
    let direction = gradient.map { $0 / max(rms(gradient), 1e-12) }
    let before = Array(pictures[1])
    // Of fc2 the gradient is the one before the ReLU: only where the unit is active do differences see it.
    let isActive = try value() != 0
    try #require(rms(gradient) > 0)
    func moved(_ distance: Float) throws -> Float {
      for i in direction.indices { pictures[1][i] = before[i] + distance * direction[i] }
      return try value()
    }
    let slope = try (moved(0.02) - moved(-0.02)) / 0.04
    let expected = rms(gradient) * Float(gradient.count)
    if isActive || !text.hasPrefix("fc2") { #expect(abs(slope / expected - 1) < 0.05, "\(slope) \(expected)") }
  }

  @Test("The diversity term's gradient is that of finite differences, up to a factor")
  func diversity() throws {
    let shape = Shape(channels: 4, height: 3, width: 3)
    let activations = try randomPictures(3, shape)
    let gradients = try Tensor(count: 3, shape: shape)
    func dot(_ a: [Double], _ b: [Double]) -> Double {
      var sum = 0.0
      for i in a.indices { sum += a[i] * b[i] }
      return sum
    }
    func term() -> Double {
      let grams = (0..<3).map { n -> [Double] in
        let a = Array(activations[n]).map(Double.init)
        return (0..<16).map { k in
          let (row, column) = (k / 4 * 9, k % 4 * 9)
          return dot(Array(a[row..<(row + 9)]), Array(a[column..<(column + 9)]))
        }
      }
      var sum = 0.0
      for (i, j) in [(0, 1), (0, 2), (1, 2)] {
        let norms: Double = dot(grams[i], grams[i]) * dot(grams[j], grams[j])
        sum -= dot(grams[i], grams[j]) / norms.squareRoot() / 3
      }
      return sum
    }
    Diversity(layer: "conv", weight: 1).seed(
      (0..<3).map { gradients[$0] }, activations: (0..<3).map { activations[$0] }, shape: shape)
    var (measured, computed): ([Float], [Float]) = ([], [])
    for n in 0..<3 {
      for i in stride(from: 0, to: 36, by: 5) {
        let old = activations[n][i]
        activations[n][i] = old + 0.05
        let above = term()
        activations[n][i] = old - 0.05
        let below = term()
        activations[n][i] = old
        measured.append(Float((above - below) / 0.1))
        computed.append(gradients[n][i])
      }
    }
    // Up to one factor for all samples.
    let factor = rms(measured) / rms(computed)
    #expect(distance(measured, computed.map { $0 * factor }) < 1e-2 * rms(measured))
  }
}
