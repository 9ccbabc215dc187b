import Testing

@testable import ConvNet

/// What Winograd's convolution promises beyond agreement with OpenBLAS, which is tested for all forms of convolutions.
@Suite(.enabled(if: hasOneDNN, noOneDNN))
struct WinogradTests {
  /// 3×3 and 5×5, channels that fill their last block and that don't, more tiles than are computed at once, and fewer.
  private func convolutions() throws -> [Network] {
    try [(32, 48, 16, 5, 13), (16, 20, 40, 3, 33)].map { channels, middle, last, kernel, side in
      try Network(
        Shape(channels: channels, height: side, width: side + 1),
        [
          .convolution(Convolution(filters: middle, kernel: 3, padding: 1)), .relu(ReLU()),
          .convolution(Convolution(filters: last, kernel: kernel, padding: kernel / 2)), .relu(ReLU()),
        ])
    }
  }

  @Test("Its convolutions give the same bits on any team, and a picture's beside any others", arguments: oneDNNPrecisions)
  func bits(precision: Precision) throws {
    for network in try convolutions() {
      func outcome(_ purpose: Purpose, pictures: Int, workers: Int) throws -> Outcome {
        try Outcome.of(
          network, purpose, .onednn, precision, .winograd, pictures: pictures, batch: pictures, workers: workers, scale: 1)
      }
      for purpose in Purpose.allCases {
        let expected = try outcome(purpose, pictures: 5, workers: 1)
        for workers in [2, 3, 8] {
          let found = try outcome(purpose, pictures: 5, workers: workers)
          #expect(sameBits(found.scores, expected.scores), "\(network.input), \(purpose), \(workers) workers")
          for (a, b) in zip(found.gradients, expected.gradients) {
            #expect(sameBits(a.values, b.values), "\(network.input), \(purpose), \(workers) workers: \(a.name)")
          }
        }
      }
      // What class models and maps rely on: neither a picture's scores nor its gradient know of its neighbours.
      for pictures in [2, 3, 4] {
        let few = try outcome(.inputGradient, pictures: pictures, workers: 2)
        let many = try outcome(.inputGradient, pictures: 5, workers: 2)
        #expect(sameBits(few.scores, Array(many.scores.prefix(few.scores.count))), "\(network.input), \(pictures) pictures")
        for (a, b) in zip(few.gradients, many.gradients) where a.name == "input" {
          #expect(sameBits(a.values, Array(b.values.prefix(a.values.count))), "\(network.input), \(pictures) pictures")
        }
      }
    }
  }

  /// Rounding before the products instead of after them: up to 1.6 times the direct form's error, which ReLUs and pooling switches
  /// near their kink dominate. Summed up over seeds, since a few of these decide one net's.
  @Test(
    "In bfloat16 whole-net gradients are at most twice as far off as those of direct convolution",
    .enabled(if: hasBFloat16, noBFloat16))
  func bfloat16() throws {
    let network = try Preset.cnnF64.network(classes: 10)
    var distances: [ConvolutionAlgorithm: [String: Double]] = [:]
    for seed: UInt64 in 1...3 {
      let expected = try Outcome.of(network, .training, .openblas, seed: seed)
      for algorithm in [ConvolutionAlgorithm.direct, .winograd] {
        let found = try Outcome.of(network, .training, .onednn, .bfloat16, algorithm, seed: seed)
        for (name, distance) in found.differences(from: expected) {
          distances[algorithm, default: [:]][name, default: 0] += distance
        }
      }
    }
    for (name, direct) in distances[.direct] ?? [:] {
      let winograd = distances[.winograd]?[name] ?? .infinity
      #expect(winograd <= 2 * direct, "\(name): \(winograd / 3), direct \(direct / 3)")
    }
  }
}
