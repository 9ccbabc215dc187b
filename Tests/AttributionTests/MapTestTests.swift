import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Attribution

/// What Quantus computes: see Golden/tests.py.
private struct Golden: Decodable {
  let side: Int
  let picture: [Float]
  let map: [Float]
  let other: [Float]
  let object: [Bool]
  let mass, rank, sparseness, efficient, infidelity, sensitivity: Double
  let imputed: [Float]
  let products, falls: [Double]

  static let values: Golden? = Bundle.module.url(forResource: "Golden/tests", withExtension: "json")
    .flatMap { try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: $0)) }
}

@Suite struct MapTestTests {
  private func tested(
    _ golden: Golden, _ map: [Float], remake: (([[Float]], Int) throws -> [[Float]])? = nil
  ) throws -> TestedMap {
    TestedMap(
      map: map, image: golden.picture, classIndex: 1, object: golden.object, hits: true, isDifficult: false,
      randomised: golden.other, score: try ScoreFunction(linearNet(side: golden.side), batch: 4), remake: remake, seed: 1,
      stream: 2)
  }

  private func score(_ test: any MapTest, _ map: TestedMap) throws -> Double { try #require(try test.score(of: map)) }

  /// Quantus computes in float64; the values are given with six digits.
  @Test("Each test gives Quantus' score") func quantus() throws {
    let golden = try #require(Golden.values)
    let map = try tested(golden, golden.map)
    let expected: [(any MapTest, Double)] = [
      (RelevanceMass(), golden.mass), (RelevanceRank(), golden.rank), (Sparseness(), golden.sparseness),
      (EfficientRandomisation(), golden.efficient),
    ]
    for (test, value) in expected { #expect(try abs(score(test, map) / value - 1) < 1e-5, "\(test.name)") }
    #expect(try abs(#require(Infidelity.infidelity(golden.products, golden.falls)) / golden.infidelity - 1) < 1e-9)
    #expect(
      try abs(#require(MaxSensitivity.sensitivity(golden.map, [golden.map, golden.other])) / golden.sensitivity - 1) < 1e-5)
    let shape = Shape(channels: 3, height: golden.side, width: golden.side)
    let removed = Array(golden.map.pixelsFromGreatest.prefix(golden.map.count / 2))
    let imputed = RemoveAndDebias.imputed(golden.picture, removed, shape)
    #expect(zip(imputed, golden.imputed).map { abs($0 - $1) }.max() ?? 1 < 0.01)
  }

  @Test("Of a linear net the products of weights and pixels have no infidelity, and a random map has some") func linear() throws {
    let golden = try #require(Golden.values)
    let map = try tested(golden, golden.map)
    let store = try linearNet(side: golden.side)
    let weights = TestSupport.weights(of: 1, in: store)
    // A map of one channel can only be right if the weights of a pixel's three channels are equal.
    var other = map
    let area = golden.side * golden.side
    for parameter in store.parameters where parameter.spec.role == .weights {
      let values = store.values[parameter.range]
      for i in values.indices { values[i] = weights[i % area] }
    }
    store.valuesChanged()
    (other.score, other.map) = (try ScoreFunction(store, batch: 4), Array(weights.prefix(area)))
    #expect(try score(Infidelity(), other) < 1e-6)
    other.map = golden.other
    #expect(try score(Infidelity(), other) > 0.1)
  }

  @Test("A map that depends on neither class nor picture is the same for another class, and insensitive") func constant() throws {
    let golden = try #require(Golden.values)
    let same = try tested(golden, golden.map) { inputs, _ in inputs.map { _ in golden.map } }
    #expect(try abs(score(RandomLogit(), same) - 1) < 1e-9)
    #expect(try MaxSensitivity().score(of: same) == 0)
    let other = try tested(golden, golden.map) { inputs, index in inputs.map { index == 1 ? Array($0.prefix(256)) : golden.other }
    }
    #expect(try score(RandomLogit(), other) < 0.2)
    #expect(try score(MaxSensitivity(), other) > 0)
    let none = try tested(golden, golden.map)
    #expect(try RandomLogit().score(of: none) == nil && MaxSensitivity().score(of: none) == nil)
  }

  @Test("The interval covers the mean, and differences of pairs are surer than the values") func bootstrap() {
    let bootstrap = Bootstrap(count: 200, seed: 3)
    let values = (0..<200).map { Double($0 % 10) }
    let interval = bootstrap.interval(of: values)
    // The standard error is 2.87 / √200 = 0.203.
    #expect(abs(interval.lowerBound - (4.5 - 1.96 * 0.203)) < 0.05 && abs(interval.upperBound - (4.5 + 1.96 * 0.203)) < 0.05)
    var table = MapTestTable(methods: ["a", "b"], others: ["centre", "random"], seed: 1)
    let tests = [Float](repeating: .nan, count: 4 * MapTests.all.count)
    let overlaps = [Float](repeating: 0, count: 4 * BoxAccuracy.thresholds)
    for value in values.map(Float.init) {
      // a is 0.1 better than the centre in every picture; b is as good on average.
      table.add(
        measures: [0, value + 0.1, 0, 0, value + (value == 0 ? 1 : value == 9 ? -1 : 0), 0, 0, value, 0, 0, 9, 0], tests: tests,
        overlaps: overlaps)
    }
    #expect(table.comparison(of: "a", with: "centre", in: "insertion") == 1)
    #expect(table.comparison(of: "b", with: "centre", in: "insertion") == 0)
    #expect(table.comparison(of: "a", with: "random", in: "insertion") == -1)
    #expect(table.comparison(of: "a", with: "random", in: "road") == nil)
    let rows = table.csv().split(separator: "\n").map(String.init)
    #expect(rows.contains { $0.hasPrefix("a,insertion,faithfulness,higher,200,4.6000,") && $0.hasSuffix(",better,worse,random") })
    #expect(rows.contains("a,road,faithfulness,lower,0,,,,,,"))
  }

  @Test("Edges are steepest at a step, and the mask is the object") func controls() {
    let shape = Shape(channels: 3, height: 4, width: 6)
    let image = (0..<shape.count).map { $0 % 6 < 3 ? Float(0) : 8 }
    let object = (0..<24).map { $0 == 7 }
    let maps = ControlMaps.all(image, object: object, shape)
    #expect(maps.count == ControlMaps.names.count)
    #expect(maps[0] == (0..<24).map { [2, 3].contains($0 % 6) ? 32 : 0 })
    #expect(maps[1].firstIndex(of: 1) == 7 && maps[1].reduce(0, +) == 1)
    #expect(maps[2] == Array(image.prefix(24)))
  }

  @Test("Boxes enclose connected parts, and thresholds are chosen on the other pictures") func boxes() {
    let mask: [Bool] = [
      true, false, false, false, false,
      false, true, false, false, false,
      false, false, false, true, true,
    ]
    let parts = BoxAccuracy.parts(of: mask, width: 5)
    #expect(parts.map(\.columns) == [0...1, 3...4] && parts.map(\.rows) == [0...1, 2...2])
    let box = BoxAccuracy.Box(columns: 0...1, rows: 0...1)
    #expect(box.overlap(.init(columns: 1...2, rows: 0...1)) == Float(1) / 3)
    #expect(box.overlap(.init(columns: 2...3, rows: 0...1)) == 0)
    // A part of 1 in a part of 0.5: the box fits above 0.5, from the threshold 25/50 on.
    let map: [Float] = [1, 1, 0.5, 0, 1, 1, 0.5, 0]
    let best = BoxAccuracy.bestOverlaps(of: map, width: 4, with: [box])
    #expect(best[24] == Float(4) / 6 && best[25] == 1 && best[49] == 1)
    #expect(BoxAccuracy.bestOverlaps(of: [2, 2], width: 2, with: [box]) == [Float](repeating: 0, count: 50))
    // The even pictures are best at the threshold 7, where the odd one has an overlap of 0.6.
    var (even, odd) = ([Float](repeating: 0, count: 50), [Float](repeating: 1, count: 50))
    (even[7], odd[7]) = (0.8, 0.6)
    let scores = BoxAccuracy.scores([even, odd, even])
    #expect(scores[0].isNaN && scores[1] == 2.0 / 3 && scores[2].isNaN)
  }
}
