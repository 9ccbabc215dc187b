import Checkpoint
import ConvNet
import Foundation
import Images
import TestSupport
import Testing

@testable import Trainer

@Suite("The check of imported weights")
struct WeightCheckTests {
  /// Ten classes of pictures of one colour each, and a network whose scores are the likeness of the mean colour to each.
  private static let colours: [SIMD3<Float>] = (0..<10).map { (index: Int) -> SIMD3<Float> in
    let angle: Float = Float(index) * 0.2 * Float.pi
    let third: Float = 2 * Float.pi / 3
    let cosines = SIMD3<Float>(cos(angle), cos(angle - third), cos(angle + third))
    return SIMD3<Float>(repeating: 128) + cosines * 100
  }

  /// - Parameters:
  ///   - order: the class of each output.
  ///   - channels: which colour each input channel is taken for.
  private func check(order: [Int], channels: [Int] = [0, 1, 2]) throws -> WeightCheck {
    try withDataFolder { root in
      for (index, colour) in Self.colours.enumerated() {
        for number in 0..<4 {
          var picture = Picture(width: 8, height: 8, pixels: [UInt8](repeating: 0, count: 8 * 8 * 3))
          for y in 0..<8 { for x in 0..<8 { for c in 0..<3 { picture[x, y][c] = UInt8(colour[c]) } } }
          try put(picture.encodedPNG(), at: "\(root)/val/s\(index)/\(number).png")
        }
      }
      let network = try Network(
        json: #"{"name": "x", "input": [3, 7, 7], "layers": [{"name": "fc", "type": "fullyConnected", "outputs": 10}]}"#)
      let store = try ParameterStore(network, training: false)
      let weights = try #require(store.parameter("fc", .weights))
      for output in 0..<10 {
        for channel in 0..<3 {
          let colour: Float = Self.colours[output][channels[channel]] - 128
          let start: Int = weights.range.lowerBound + (output * 3 + channel) * 49
          for place in start..<(start + 49) { store.values.pointer[place] = colour / 1e4 }
        }
      }
      let contents = CheckpointContents(
        network: network, progress: TrainingProgress(learningRate: LearningRateState(rate: 0)),
        mean: [128, 128, 128], meanShape: Shape(channels: 3), classes: order.map { "s\($0)" }, classNames: order.map { "\($0)" })
      return try WeightCheck(
        contents, store, data: root, pictures: 30, compute: ComputeSettings(backend: .openblas, team: ThreadTeam(workers: 1)))
    }
  }

  @Test("weights that were understood raise no warning, and each class brings as many pictures")
  func right() throws {
    let found = try check(order: Array(0..<10))
    #expect(found.warning == nil && found.errors.top1Error == 0 && found.errors.pictures == 30)
    #expect(found.errors.classes.allSatisfy { $0.pictures == 3 })
  }

  @Test("exchanged channels are found")
  func channels() throws {
    let found = try check(order: Array(0..<10), channels: [2, 1, 0])
    #expect(found.warning?.contains("red and blue") == true, "\(found)")
  }

  @Test("a wrong order of the classes is found, and told from a network that knows nothing")
  func order() throws {
    // Half way round the circle of colours: the right class is never among the five nearest.
    let found = try check(order: (0..<10).map { ($0 + 5) % 10 })
    #expect(found.warning?.contains("order of the classes") == true, "\(found)")
    var untrained = found
    untrained.purity = 0.1
    #expect(untrained.warning?.contains("nothing is trained") == true)
  }
}
