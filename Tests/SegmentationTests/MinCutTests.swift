import Foundation
import Testing

@testable import Segmentation

@Suite("Minimum cuts of grids")
struct MinCutTests {
  @Test("the cut costs as little as the best of all labellings, and the labels cost that", arguments: 1...4, 1...4)
  func bruteForce(_ width: Int, _ height: Int) {
    for seed in 0..<(width * height > 12 ? 3 : 40) {
      let grid = GridCase(
        seed: UInt64(seed * 16 + width * 4 + height), width: width, height: height, terminalLimit: 20, arcLimit: 9,
        isSymmetric: seed % 2 == 0)
      let count = width * height
      let least = (0..<(1 << count)).map { bits in grid.cost((0..<count).map { bits >> $0 & 1 == 1 }) }.min()
      let graph = grid.graph()
      #expect(graph.solve() == least, "seed \(seed)")
      #expect(grid.cost(graph.labels) == least, "seed \(seed)")
    }
  }

  @Test("flows of 200 random grids up to 300×300 are PyMaxflow's, and the labels cost as much")
  func golden() throws {
    let file = try #require(Bundle.module.url(forResource: "Golden/flows", withExtension: "json"))
    let flows = try JSONDecoder().decode([Int].self, from: Data(contentsOf: file))
    #expect(flows.count == 200)
    for (seed, flow) in flows.enumerated() {
      let grid = GridCase(golden: seed)
      let graph = grid.graph()
      #expect(graph.solve() == flow, "grid \(seed)")
      #expect(grid.cost(graph.labels) == flow, "grid \(seed)")
    }
  }

  static let adversarial: [(String, @Sendable (Int) -> GridCase)] = [
    ("zeros", { GridCase(width: $0, height: $0, terminals: { _, _ in (0, 0) }, arcs: { _, _ in 0 }) }),
    ("all equal", { GridCase(width: $0, height: $0, terminals: { _, _ in (7, 7) }, arcs: { _, _ in 7 }) }),
    (
      "checkerboard",
      { GridCase(width: $0, height: $0, terminals: { ($0 + $1) % 2 == 0 ? (9, 0) : (0, 9) }, arcs: { _, _ in 1 }) }
    ),
    (
      "strong checkerboard",
      { GridCase(width: $0, height: $0, terminals: { ($0 + $1) % 2 == 0 ? (9, 0) : (0, 8) }, arcs: { _, _ in 100 }) }
    ),
    (
      "opposite sides",
      { side in
        GridCase(
          width: side, height: side, terminals: { x, _ in x == 0 ? (1000, 0) : x == side - 1 ? (0, 1000) : (0, 0) },
          arcs: { _, _ in 5 })
      }
    ),
    (
      "two halves",
      { side in GridCase(width: side, height: side, terminals: { x, _ in x < side / 2 ? (3, 0) : (0, 3) }, arcs: { _, _ in 4 }) }
    ),
    (
      "two corners",
      { side in
        GridCase(
          width: side, height: side, terminals: { x, y in (x + y == 0 ? 1 << 29 : 0, x + y == 2 * side - 2 ? 1 << 29 : 0) },
          arcs: { _, _ in 1 << 20 })
      }
    ),
  ]

  @Test("the work on adversarial capacities grows about as the pixels do", arguments: adversarial.indices)
  func growth(_ index: Int) {
    let (name, make) = Self.adversarial[index]
    let (small, large) = (make(40).graph(), make(160).graph())
    small.solve()
    large.solve()
    // Visits a pixel; a path between opposite sides is itself four times as long.
    let (less, more) = (Double(small.visits) / 1600, Double(large.visits) / 25600)
    #expect(more <= max(8 * less, 50), "\(name): \(less) visits a pixel, then \(more)")
  }

  @Test("the largest capacities don't overflow")
  func largest() {
    let most = GridGraph.largestCapacity
    let grid = GridCase(
      width: 60, height: 50, terminals: { x, _ in x < 30 ? (most, 0) : (0, most) }, arcs: { _, _ in most })
    let graph = grid.graph()
    let flow = graph.solve()
    #expect(flow == grid.cost(graph.labels))
    #expect(flow == (50 + 49 * 2) * Int(most))
  }

  @Test("pixels that may be on either side are on the sink's")
  func ties() {
    let graph = GridGraph(width: 2, height: 1)
    graph.setTerminals(x: 0, y: 0, source: 5, sink: 0)
    graph.setNeighbours(x: 0, y: 0, dx: 1, dy: 0, capacity: 5)
    graph.setTerminals(x: 1, y: 0, source: 0, sink: 5)
    #expect(graph.solve() == 5)
    #expect(graph.labels == [false, false])
  }
}
