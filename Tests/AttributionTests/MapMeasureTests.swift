import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Attribution

/// What SciPy and scikit-image compute: see Golden/similarity.py.
private struct Golden: Decodable {
  let a: [Float]
  let b: [Float]
  let width: Int
  let spearman: Double
  let ssim: Double

  static let values: Golden? = Bundle.module.url(forResource: "Golden/similarity", withExtension: "json")
    .flatMap { try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: $0)) }
}

@Suite struct MapMeasureTests {
  @Test("Rank correlation and structural similarity are SciPy's and scikit-image's") func similarity() throws {
    let golden = try #require(Golden.values)
    #expect(abs(MapSimilarity.spearman(golden.a, golden.b) - golden.spearman) < 1e-9)
    #expect(abs(MapSimilarity.structuralSimilarity(golden.a, golden.b, width: golden.width) - golden.ssim) < 1e-6)
    #expect(MapSimilarity.spearman(golden.a, golden.a.map { -2 * $0 }) == 1)
    #expect(MapSimilarity.spearman(golden.a, golden.a.map { _ in 1 }).isNaN)
    #expect(abs(MapSimilarity.structuralSimilarity(golden.b, golden.b, width: golden.width) - 1) < 1e-12)
  }

  @Test("Of a linear net's posterior the curves are what setting pixels by hand gives") func curves() throws {
    let store = try linearNet(side: 6)
    let shape = store.network.input
    let curves = try PixelCurves(ScoreFunction(store, batch: 3), step: 8)
    let image = try values(randomPictures(1, shape)).map { $0 / 30 }
    let map = (0..<36).map { Float(($0 * 7) % 36) }
    let found = curves.areas(of: map, image: image, classIndex: 2)
    let order = map.indices.sorted { map[$0] > map[$1] }
    let blurred = PixelCurves.blurred(image, shape)
    let plan = try Plan(store, batch: 1, purpose: .inference)
    defer { withExtendedLifetime(plan) {} }
    func area(_ start: [Float], _ end: [Float]) throws -> Double {
      let points = try [0, 8, 16, 24, 32, 36].map { count in
        let picture = try Tensor(count: 1, shape: shape)
        for i in 0..<shape.count { picture[0][i] = order.prefix(count).contains(i % 36) ? end[i] : start[i] }
        return Double(posteriors(plan.forward(picture)[0])[2])
      }
      // The last step is of 4 pixels, the others of 8.
      return (8 * (points[0] / 2 + points[1] + points[2] + points[3] + points[4] / 2) + 2 * (points[4] + points[5])) / 36
    }
    #expect(try abs(found.insertion - area(blurred, image)) < 1e-5)
    #expect(try abs(found.deletion - area(image, [Float](repeating: 0, count: shape.count))) < 1e-5)
    #expect(found.insertion != found.deletion)
  }

  @Test("Randomised stages change their layers and no others") func stages() throws {
    let store = try smallNet()
    let randomised = try RandomisedNetwork(store, seed: 3)
    func changed() -> [String] {
      ["conv1", "fc2", "fc3"].filter {
        let range = store.range(ofLayer: $0)
        return Array(store.values[range]) != Array(randomised.store.values[range])
      }
    }
    let stages = RandomisedNetwork.stages(of: store)
    #expect(
      stages.map { "\($0.kind) \($0.layer)" } == [
        "cascading fc3", "cascading fc2", "cascading conv1", "independent fc2", "independent conv1",
      ])
    let expected = [["fc3"], ["fc2", "fc3"], ["conv1", "fc2", "fc3"], ["fc2"], ["conv1"]]
    for (stage, layers) in zip(stages, expected) {
      randomised.set(stage)
      #expect(changed() == layers)
    }
    randomised.set(nil)
    #expect(changed().isEmpty)
  }
}
