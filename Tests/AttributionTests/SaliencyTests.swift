import ConvNet
import TestSupport
import Testing

@testable import Attribution

@Suite struct SaliencyTests {
  @Test("A linear net's map is max over channels of |w|, exactly", arguments: ReLURule.allCases, [1, 3])
  func linear(rule: ReLURule, channels: Int) throws {
    let store = try linearNet(channels: channels)
    let shape = store.network.input
    let mapper = try SaliencyMapper(store, rule: rule, batch: 4)
    let maps = try mapper.maps(of: randomPictures(4, shape), classes: [0, 1, 2, 3])
    for index in 0..<4 {
      let w = weights(of: index, in: store)
      let expected = (0..<shape.area).map { i in (0..<channels).map { abs(w[$0 * shape.area + i]) }.max() ?? 0 }
      #expect(maps[index].map == expected)
      #expect(maps[index].classIndex == index)
    }
  }

  @Test("The gradient behind a map agrees with central differences of the score") func differences() throws {
    let store = try smallNet()
    let shape = store.network.input
    let plan = try Plan(store, batch: 1, purpose: .inputGradient)
    let image = try randomPictures(1, shape)
    let map = try SaliencyMapper(store, batch: 1).maps(of: image, classes: [2])[0].map
    func score(_ at: Int, _ change: Float) throws -> Float {
      let other = try Tensor(count: 1, shape: shape)
      _ = other.storage.all.update(fromContentsOf: image.values)
      other[0][at] += change
      return plan.forward(other)[0][2]
    }
    var checked = 0
    for i in stride(from: 0, to: shape.area, by: 7) {
      let at = (0..<3).map { $0 * shape.area + i }
      // Away from the kinks of ReLU and pooling the two one-sided differences agree.
      let slopes = try at.map { try ((score($0, 0.5) - score($0, 0)) / 0.5, (score($0, 0) - score($0, -0.5)) / 0.5) }
      guard slopes.allSatisfy({ abs($0.0 - $0.1) < 0.02 * abs($0.0) + 1e-5 }) else { continue }
      let largest = slopes.map { abs(($0.0 + $0.1) / 2) }.max() ?? 0
      #expect(abs(largest - map[i]) < 0.02 * map[i] + 1e-4, "pixel \(i)")
      checked += 1
    }
    #expect(checked > 5)
  }

  @Test("Without a class the strongest is explained; its score and posterior are the net's") func topOne() throws {
    let store = try smallNet()
    let images = try randomPictures(3, store.network.input)
    let maps = try SaliencyMapper(store, batch: 4).maps(of: images, classes: [nil, 1, nil])
    let plan = try Plan(store, batch: 3, purpose: .inference)
    let scores = plan.forward(images)
    defer { withExtendedLifetime((plan, scores)) {} }
    for (slot, map) in maps.enumerated() {
      let row = Array(scores[slot])
      let expected = slot == 1 ? 1 : row.indices.max { row[$0] < row[$1] }
      #expect(map.classIndex == expected)
      #expect(abs(map.score - row[map.classIndex]) < 1e-4)
      #expect(abs(map.posterior - posteriors(scores[slot])[map.classIndex]) < 1e-4)
      #expect(map.topClasses.map(\.score) == map.topClasses.map(\.score).sorted(by: >))
    }
  }

  @Test("A picture's map doesn't depend on the pictures that share its batch") func independence() throws {
    let store = try smallNet()
    let images = try randomPictures(5, store.network.input)
    let together = try SaliencyMapper(store, batch: 5).maps(of: images, classes: [0, 1, 2, 3, 4])
    let alone = try Tensor(count: 1, shape: images.shape)
    _ = alone.storage.all.update(fromContentsOf: images[3])
    let map = try SaliencyMapper(store, batch: 2).maps(of: alone, classes: [3])[0].map
    #expect(distance(map, together[3].map) < 1e-4 * rms(map))
  }

  @Test("The rules differ in a net with ReLUs") func rules() throws {
    let store = try smallNet()
    let images = try randomPictures(1, store.network.input)
    let maps = try ReLURule.allCases.map { try SaliencyMapper(store, rule: $0, batch: 1).maps(of: images, classes: [0])[0].map }
    #expect(maps[0] != maps[1] && maps[1] != maps[2] && maps[0] != maps[2])
  }
}

extension SaliencyMapper {
  convenience init(_ parameters: ParameterStore, rule: ReLURule = .gradient, batch: Int) throws {
    try self.init(parameters, method: Backpropagation(rule: rule), batch: batch)
  }
}
