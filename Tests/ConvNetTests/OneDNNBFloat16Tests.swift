import Learning
import Testing

@testable import ConvNet

/// oneDNN's bfloat16 on whole nets.
@Suite(.enabled(if: hasBFloat16, noBFloat16))
struct OneDNNBFloat16Tests {
  /// A bfloat16 has 8 significant bits: each layer rounds to 2⁻⁹ of a value, and the gates of ReLUs near 0 turn, so that gradients
  /// drift layer by layer down to conv1 (26 % in PyTorch as here, at random initialisation). A distance of
  /// 0.45 is a cosine of 0.9.
  @Test("Scores stay within 2 % and gradients point the same way")
  func rounding() throws {
    let network = try Preset.cnnF64.network(classes: 10)
    for purpose in Purpose.allCases {
      let expected = try Outcome.of(network, purpose, .openblas)
      let found = try Outcome.of(network, purpose, .onednn, .bfloat16, .auto)
      #expect(relativeDistance(found.scores, expected.scores) <= 0.02, "\(purpose)")
      for (a, b) in zip(found.gradients, expected.gradients) {
        #expect(relativeDistance(a.values, b.values) <= 0.45, "\(purpose), \(a.name)")
      }
      if purpose.trains {
        // Nothing but the rounding of activations and signals stands before fc8's gradients.
        let last = found.gradients.count - 2
        #expect(relativeDistance(found.gradients[last].values, expected.gradients[last].values) <= 0.02)
      }
    }
  }

  @Test("Training goes on from an update as a new plan would")
  func updates() throws {
    let network = try Preset.cnnF64.network(classes: 10)
    let team = ThreadTeam(workers: 2)
    let store = try ParameterStore(network, seed: 5)
    let images = try Tensor(count: 2, shape: network.input, seed: 3, scale: 50)
    let signal = try Tensor(count: 2, shape: Shape(channels: 10), seed: 4, scale: 0.01)
    func scores(_ plan: Plan) -> [Float] {
      let scores = plan.forward(images).array
      plan.backward(from: signal)
      return scores
    }
    let plan = try Plan(store, batch: 2, purpose: .training, backend: .onednn, precision: .bfloat16, team: team)
    var before = scores(plan)
    for step in 0..<4 {
      SGD().update(store, rate: 1e-3, team: team)
      if step == 2 {
        // As when a checkpoint is read between two steps.
        for i in store.values.all.indices { store.values.pointer[i] *= 0.9 }
        store.valuesChanged()
      }
      let found = scores(plan)
      let gradients = store.gradients.all.map { $0 }
      let fresh = try ParameterStore(network)
      fresh.values.all.baseAddress!.update(from: store.values.pointer, count: store.values.count)
      let other = try Plan(fresh, batch: 2, purpose: .training, backend: .onednn, precision: .bfloat16, team: team)
      #expect(sameBits(found, scores(other)), "step \(step)")
      #expect(sameBits(gradients, fresh.gradients.all.map { $0 }), "step \(step)")
      #expect(!sameBits(found, before), "step \(step) changes nothing")
      before = found
    }
  }
}
