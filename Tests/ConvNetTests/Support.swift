import Random
import Testing

@testable import ConvNet

/// The backends that every test of layers and nets runs on, as far as they are there. A new backend is one more element.
let backends: [BackendChoice] = [.openblas, .onednn].filter { $0.obstacle(to: .float32) == nil }

extension Tensor {
  /// Normal values times `scale` from a stream of their own.
  init(count: Int, shape: Shape, seed: UInt64, sample: Int = 0, scale: Float = 1) throws {
    try self.init(count: count, shape: shape)
    var random = CounterRandom(seed: seed, purpose: .test, sample: sample)
    for i in values.indices { values[i] = scale * random.normal() }
  }

  init(count: Int, shape: Shape, values: [Float]) throws {
    try self.init(count: count, shape: shape)
    for i in values.indices { self.values[i] = values[i] }
  }

  var array: [Float] { withExtendedLifetime(storage) { Array(values) } }
  var doubles: [Double] { array.map(Double.init) }
}

extension ParameterStore {
  /// A store with normal weights of deviation √(2 / fan-in) and biases of deviation 0.5.
  convenience init(_ network: Network, seed: UInt64) throws {
    try self.init(network)
    for (index, parameter) in parameters.enumerated() {
      var random = CounterRandom(seed: seed, purpose: .test, epoch: 1, sample: index)
      let deviation = parameter.spec.role == .biases ? 0.5 : (2 / Float(parameter.spec.fanIn)).squareRoot()
      for i in parameter.range { values.pointer[i] = deviation * random.normal() }
    }
    valuesChanged()
  }

  func gradient(_ parameter: Parameter) -> [Float] { Array(gradients[parameter.range]) }
}

extension Network {
  /// Layers named `layer0`, `layer1` …
  init(_ input: Shape, _ layers: [AnyLayer]) throws {
    try self.init(
      name: "test", input: input, layers: layers.enumerated().map { NamedLayer(name: "layer\($0.offset)", layer: $0.element) })
  }
}

/// ‖found − expected‖₂ / ‖expected‖₂; the plain norm of `found` where all that is expected is 0.
func relativeDistance(_ found: [some BinaryFloatingPoint], _ expected: [some BinaryFloatingPoint]) -> Double {
  precondition(found.count == expected.count, "\(found.count) values beside \(expected.count)")
  var difference = 0.0
  var norm = 0.0
  for (a, b) in zip(found, expected) {
    let (a, b) = (Double(a), Double(b))
    difference += (a - b) * (a - b)
    norm += b * b
  }
  return norm == 0 ? difference.squareRoot() : (difference / norm).squareRoot()
}

/// The same bits in the same order.
func sameBits(_ a: [Float], _ b: [Float]) -> Bool { a.map(\.bitPattern) == b.map(\.bitPattern) }
