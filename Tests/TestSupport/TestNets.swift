import ConvNet
import Random

/// S = W·I + b of a picture of `side`×`side`, with random numbers that a seed decides.
public func linearNet(side: Int = 6, channels: Int = 3, classes: Int = 4, seed: UInt64 = 1) throws -> ParameterStore {
  let layers = #"[{"name": "fc", "type": "fullyConnected", "outputs": \#(classes)}]"#
  let network = try Network(json: #"{"name": "linear", "input": [\#(channels), \#(side), \#(side)], "layers": \#(layers)}"#)
  return try randomised(network, seed: seed, deviation: 0.1)
}

/// A small chain with every kind of layer.
public func smallNet(side: Int = 16, classes: Int = 5, seed: UInt64 = 1) throws -> ParameterStore {
  let layers = #"""
    [{"name": "conv1", "type": "convolution", "filters": 8, "kernel": 5, "stride": 1, "padding": 2},
     {"name": "relu1", "type": "relu"},
     {"name": "norm1", "type": "localResponseNormalization", "size": 5, "k": 2, "alpha": 1e-4, "beta": 0.75},
     {"name": "pool1", "type": "maxPooling", "window": 3, "stride": 2},
     {"name": "fc2", "type": "fullyConnected", "outputs": 20},
     {"name": "relu2", "type": "relu"},
     {"name": "drop2", "type": "dropout", "probability": 0.5},
     {"name": "fc3", "type": "fullyConnected", "outputs": \#(classes)}]
    """#
  let network = try Network(json: #"{"name": "small", "input": [3, \#(side), \#(side)], "layers": \#(layers)}"#)
  return try randomised(network, seed: seed, deviation: 0.05)
}

private func randomised(_ network: Network, seed: UInt64, deviation: Float) throws -> ParameterStore {
  let store = try ParameterStore(network, training: false)
  var random = CounterRandom(seed: seed, purpose: .test)
  for parameter in store.parameters {
    for i in store.values[parameter.range].indices { store.values[parameter.range][i] = deviation * random.normal() }
  }
  store.valuesChanged()
  return store
}

/// Pixels as they enter a net: about ±60.
public func randomPictures(_ count: Int, _ shape: Shape, seed: UInt64 = 7) throws -> Tensor {
  let pictures = try Tensor(count: count, shape: shape)
  var random = CounterRandom(seed: seed, purpose: .test, epoch: 1)
  for i in pictures.values.indices { pictures.values[i] = 60 * random.normal() }
  return pictures
}

/// The weights of a linear net's class, `[C, H, W]`.
public func weights(of index: Int, in store: ParameterStore) -> [Float] {
  let size = store.network.input.count
  guard let all = store.parameter("fc", .weights) else { return [] }
  return Array(store.values[all.range][(index * size)..<((index + 1) * size)])
}

/// A tensor's values; its buffers alone don't keep its memory alive.
public func values(_ tensor: Tensor) -> [Float] { withExtendedLifetime(tensor) { Array(tensor.values) } }

public func rms(_ values: [Float]) -> Float {
  (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
}

/// RMS of the difference.
public func distance(_ a: [Float], _ b: [Float]) -> Float { rms(zip(a, b).map { $0 - $1 }) }
