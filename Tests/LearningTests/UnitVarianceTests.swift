import ConvNet
import TestSupport
import Testing

@testable import Learning

@Suite("Orthogonal weights of unit variance")
struct UnitVarianceTests {
  // One row, blocks of 16 and a rest, more rows than columns.
  @Test("Rows are orthonormal, or columns where there are fewer", arguments: [(1, 5), (40, 75), (32, 32), (70, 33)])
  func orthonormal(rows: Int, columns: Int) {
    var values = [Float](repeating: 0, count: rows * columns)
    values.withUnsafeMutableBufferPointer {
      Formula.fill($0, salt: 3, scale: 2)
      OrthogonalRows.make($0, rows: rows, columns: columns)
    }
    let count = min(rows, columns)
    func value(_ vector: Int, _ index: Int) -> Double {
      Double(rows <= columns ? values[vector * columns + index] : values[index * columns + vector])
    }
    for a in 0..<count {
      for b in 0...a {
        let product = (0..<max(rows, columns)).reduce(0.0) { $0 + value(a, $1) * value(b, $1) }
        #expect(abs(product - (a == b ? 1 : 0)) < 1e-5, "\(a) and \(b): \(product)")
      }
    }
  }

  @Test(
    "The outputs of every layer, or of every unit, have deviation 1 on the pictures, the scores 0.02, and the seed alone decides",
    arguments: [UnitVariance.Group.layers, .units])
  func unitVariance(group: UnitVariance.Group) throws {
    let network = try Preset.cnnF64.network(classes: 12)
    let images = try Formula.tensor(count: 6, shape: network.input, salt: 9, scale: 255)
    func start() throws -> ParameterStore {
      let store = try ParameterStore(network, training: false)
      Initialization.lsuv.fill(store, seed: 5)
      try UnitVariance.apply(to: store, of: group, images: images, compute: ComputeSettings(team: ThreadTeam(workers: 2)))
      return store
    }
    let store = try start()
    for (index, named) in network.layers.enumerated() {
      guard store.parameter(named.name, .weights) != nil else { continue }
      let plan = try Plan(store.part(0..<(index + 1)), batch: 6, purpose: .inference, backend: .openblas)
      let outputs = plan.forward(images)
      let expected = named.name == "fc8" ? 0.02 : 1
      let (units, area) = (outputs.shape.channels, outputs.shape.count / outputs.shape.channels)
      let parts = group == .layers ? [0..<units] : (0..<units).map { $0..<($0 + 1) }
      for part in parts {
        let values = (0..<6).flatMap { outputs[$0][(part.lowerBound * area)..<(part.upperBound * area)].map(Double.init) }
        let mean = values.reduce(0, +) / Double(values.count)
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
        // The backends agree to 1e-5 of a layer's deviation.
        #expect(abs(deviation / expected - 1) < 1e-2, "\(named.name), units \(part): \(deviation)")
        if group == .units { #expect(abs(mean) < 1e-2 * expected, "\(named.name), units \(part): \(mean)") }
      }
      withExtendedLifetime(outputs.storage) {}
    }
    let again = try start()
    #expect(again.values.all.elementsEqual(store.values.all))
  }
}
