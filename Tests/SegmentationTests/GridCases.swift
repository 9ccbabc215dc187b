import Segmentation

/// A grid's capacities, from which graphs are made; the same as in Golden/flows.py.
struct GridCase {
  /// Each pair of neighbours once.
  static let steps: [(dx: Int, dy: Int)] = [(1, 0), (-1, 1), (0, 1), (1, 1)]

  var width: Int
  var height: Int
  /// [height, width]: what being with the sink and with the source costs.
  var terminals: [(source: Int32, sink: Int32)]
  /// [height, width, 4]: the arcs along `steps` and back.
  var arcs: [(there: Int32, back: Int32)]

  /// Every pixel and pair the same.
  init(width: Int, height: Int, terminals: (Int, Int) -> (Int32, Int32), arcs: (Int, Int) -> Int32) {
    (self.width, self.height) = (width, height)
    self.terminals = (0..<(width * height)).map { terminals($0 % width, $0 / width) }
    self.arcs = (0..<(width * height * 4)).map {
      let capacity = arcs($0 / 4 % width, $0 / 4 / width)
      return (capacity, capacity)
    }
  }

  /// SplitMix64's outputs 1 … `count`.
  static func random(_ seed: UInt64, _ count: Int) -> [UInt64] {
    (1...UInt64(count)).map { index in
      var z = seed &+ 0x9E37_79B9_7F4A_7C15 &* index
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  init(golden seed: Int) {
    let shape = Self.random(UInt64(seed) << 8, 5)
    let largest: UInt64 = seed % 20 == 0 ? 300 : 60
    self.init(
      seed: UInt64(seed) << 8 + 1, width: Int(shape[0] % largest) + 1, height: Int(shape[1] % largest) + 1,
      terminalLimit: [10, 1000, 1 << 20][Int(shape[2] % 3)], arcLimit: [5, 1000, 1 << 20][Int(shape[3] % 3)],
      isSymmetric: shape[4] % 2 == 0)
  }

  init(seed: UInt64, width: Int, height: Int, terminalLimit: UInt64, arcLimit: UInt64, isSymmetric: Bool) {
    (self.width, self.height) = (width, height)
    let values = Self.random(seed, width * height * 10)
    terminals = (0..<(width * height)).map {
      (Int32(values[$0 * 10] % terminalLimit), Int32(values[$0 * 10 + 1] % terminalLimit))
    }
    arcs = (0..<(width * height * 4)).map { index in
      let start = index / 4 * 10 + 2 + index % 4
      let there = Int32(values[start] % arcLimit)
      return (there, isSymmetric ? there : Int32(values[start + 4] % arcLimit))
    }
  }

  /// Calls `body` for the arcs that lie in the grid.
  func forEachPair(_ body: (_ x: Int, _ y: Int, _ dx: Int, _ dy: Int, _ there: Int32, _ back: Int32) -> Void) {
    for y in 0..<height {
      for x in 0..<width {
        for (k, step) in Self.steps.enumerated() where (0..<width).contains(x + step.dx) && y + step.dy < height {
          let arc = arcs[(y * width + x) * 4 + k]
          body(x, y, step.dx, step.dy, arc.there, arc.back)
        }
      }
    }
  }

  func graph() -> GridGraph {
    let graph = GridGraph(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        graph.setTerminals(x: x, y: y, source: terminals[y * width + x].source, sink: terminals[y * width + x].sink)
      }
    }
    forEachPair { graph.setArcs(x: $0, y: $1, dx: $2, dy: $3, there: $4, back: $5) }
    return graph
  }

  /// What a labelling costs: `labels[y * width + x]` is whether the pixel is with the source.
  func cost(_ labels: [Bool]) -> Int {
    var cost = 0
    for (label, terminal) in zip(labels, terminals) { cost += Int(label ? terminal.sink : terminal.source) }
    forEachPair { x, y, dx, dy, there, back in
      let (one, other) = (labels[y * width + x], labels[(y + dy) * width + x + dx])
      if one, !other { cost += Int(there) }
      if !one, other { cost += Int(back) }
    }
    return cost
  }
}

extension GridGraph {
  /// [height, width]
  var labels: [Bool] { (0..<(width * height)).map { isWithSource(x: $0 % width, y: $0 / width) } }
}
