import Foundation
import Testing

@testable import ConvNet

/// Softmax cross-entropy beside Double.
@Suite struct LossTests {
  private let seed: UInt64 = 7

  private func loss(_ scores: Tensor, _ labels: [Int32], divisor: Int, smoothing: Double = 0) throws -> (
    loss: Double, gradient: Tensor
  ) {
    let gradient = try Tensor(count: scores.count, shape: scores.shape)
    let loss = labels.withUnsafeBufferPointer {
      softmaxCrossEntropy(scores, labels: $0, divisor: divisor, gradient: gradient, smoothing: smoothing)
    }
    return (loss, gradient)
  }

  private func exact(_ row: [Double], _ label: Int) -> (loss: Double, gradient: [Double]) {
    let largest = row.max()!
    let sum = row.reduce(0) { $0 + exp($1 - largest) }
    return (log(sum) + largest - row[label], row.indices.map { exp(row[$0] - largest) / sum - ($0 == label ? 1 : 0) })
  }

  @Test("Loss and gradient are the formula's, for scores of any size", arguments: [0, 1, 100, 1e4, 1e30] as [Float])
  func formula(scale: Float) throws {
    let scores = try Tensor(count: 5, shape: Shape(channels: 1000), seed: seed, scale: scale)
    let labels: [Int32] = [0, 17, 999, 500, 3]
    let (loss, gradient) = try loss(scores, labels, divisor: 20)
    let rows = labels.indices.map { exact(scores[$0].map(Double.init), Int(labels[$0])) }
    let expected = rows.reduce(0) { $0 + $1.loss } / 20
    // Float32 exponentials, each within 1e-7 of its value.
    #expect(abs(loss - expected) <= 1e-6 * max(1, expected), "scale \(scale), seed \(seed)")
    #expect(gradient.values.allSatisfy { $0.isFinite })
    #expect(
      relativeDistance(gradient.array, rows.flatMap { $0.gradient.map { $0 / 20 } }) <= 1e-6, "scale \(scale), seed \(seed)")
  }

  @Test("any team gives the same bits", arguments: [2, 3, 8])
  func teams(workers: Int) throws {
    let scores = try Tensor(count: 5, shape: Shape(channels: 100), seed: seed, scale: 3)
    let labels: [Int32] = [0, 17, 99, 50, 3]
    let alone = try loss(scores, labels, divisor: 20)
    let gradient = try Tensor(count: 5, shape: scores.shape)
    let found = labels.withUnsafeBufferPointer {
      softmaxCrossEntropy(scores, labels: $0, divisor: 20, gradient: gradient, team: ThreadTeam(workers: workers))
    }
    #expect(found == alone.loss && gradient.array == alone.gradient.array)
  }

  @Test("The gradient is the loss's slope, with smoothed labels too", arguments: [0, 0.1, 1])
  func slopes(smoothing: Double) throws {
    let scores = try Tensor(count: 3, shape: Shape(channels: 7), seed: seed)
    let labels: [Int32] = [6, 0, 3]
    let gradient = try loss(scores, labels, divisor: 3, smoothing: smoothing).gradient.array
    for i in scores.values.indices {
      let start = scores.values[i]
      scores.values[i] = start + 0.01
      let above = try loss(scores, labels, divisor: 3, smoothing: smoothing).loss
      scores.values[i] = start - 0.01
      let below = try loss(scores, labels, divisor: 3, smoothing: smoothing).loss
      scores.values[i] = start
      // The third derivative is below 1, ε² is 1e-4; rounding gives 1e-7 / 0.02.
      #expect(abs((above - below) / 0.02 - Double(gradient[i])) <= 4e-5, "score \(i), seed \(seed): \(below) … \(above)")
    }
  }

  @Test("Smoothing mixes the loss of the label with the mean loss of all classes")
  func smoothing() throws {
    let scores = try Tensor(count: 1, shape: Shape(channels: 7), seed: seed)
    let losses = try (0..<7).map { try loss(scores, [$0], divisor: 1).loss }
    let mixed = try loss(scores, [2], divisor: 1, smoothing: 0.3).loss
    #expect(abs(mixed - (0.7 * losses[2] + 0.3 * losses.reduce(0, +) / 7)) < 1e-9)
  }

  @Test("Equal scores of 1000 classes give a loss of ln 1000")
  func start() throws {
    let scores = try Tensor(count: 2, shape: Shape(channels: 1000))
    #expect(try abs(loss(scores, [1, 2], divisor: 2).loss - log(1000)) <= 1e-9)
  }

  @Test("Posteriors are non-negative, sum to 1 and follow the scores")
  func posterior() throws {
    let scores = try Tensor(count: 1, shape: Shape(channels: 4), values: [1e4, 1e4 - 1, -1e30, 1e4 - 2])
    let p = posteriors(scores[0])
    let sum = 1 + exp(-1.0) + exp(-2.0)
    #expect(relativeDistance(p, [1 / sum, exp(-1) / sum, 0, exp(-2) / sum]) <= 1e-6)
  }
}
