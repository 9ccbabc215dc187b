import Random

/// How parameters are set before training.
public enum Initialization: String, Sendable, Codable, CaseIterable {
  /// Weights are drawn from N(0, 0.01²); biases are 0, but 0.1 in conv2, conv4, conv5, fc6 and fc7. For pixels of ±128.
  /// Cuda-convnet and Caffe start those biases at 1; here 1 gave a loss that didn't fall. The paper doesn't say.
  ///
  /// Names don't count: the second convolution is conv2, the last fully connected layer fc8 and the one before it fc7. A layer that
  /// is narrower than the paper's layer in the same place starts with a deviation of 0.01 · √(fan-in there / fan-in here), so that
  /// its signals are as strong as in the paper's net. With 0.01 throughout, the small presets don't start to learn.
  case gaussian
  /// Weights are drawn from N(0, 2 / fan-in), biases are 0 (He et al. 2015). This is meant for pixels of unit deviation; with
  /// pixels of ±128 training diverges. Pixels enter every network as they are, so the first layer starts with its weights divided
  /// by `pixelDeviation`, and optimizers update them to match.
  case he
  /// As `he`, from which `UnitVariance` of the module Learning then makes orthogonal weights, so long that the outputs of each layer have
  /// variance 1 on the first pictures, and the scores 0.02 (Mishkin and Matas 2016).
  case lsuv
  /// Likewise, but each unit has mean 0 and variance 1 on the first pictures (Krähenbühl et al. 2016).
  case centred

  /// The deviation σ that the first layer takes pixels (RGB 0–255) to have; 1 if it takes them as they are. **[ours]** 58: the
  /// deviation of ImageNet's pixels.
  public var pixelDeviation: Float { self == .gaussian ? 1 : 58 }

  /// The place of a layer with parameters in a network.
  enum Place: Hashable {
    /// The number of the convolution, counted from the pictures, from 1.
    case convolution(Int)
    /// The number of the fully connected layer, counted from the scores, whose layer is 0.
    case fullyConnected(Int)
  }

  /// The layers of the paper's net: the number of inputs of one output, and the value of its biases in `gaussian`.
  static let paper: [Place: (fanIn: Int, bias: Float)] = [
    .convolution(1): (3 * 11 * 11, 0), .convolution(2): (64 * 5 * 5, 0.1), .convolution(3): (256 * 3 * 3, 0),
    .convolution(4): (256 * 3 * 3, 0.1), .convolution(5): (256 * 3 * 3, 0.1), .fullyConnected(2): (256 * 6 * 6, 0.1),
    .fullyConnected(1): (4096, 0.1), .fullyConnected(0): (4096, 0),
  ]

  /// The places of a network's layers, by the layers' names.
  static func places(in network: Network) -> [String: Place] {
    var places: [String: Place] = [:]
    var convolutions = 0
    var above = network.layers.count { if case .fullyConnected = $0.layer { true } else { false } }
    for named in network.layers {
      switch named.layer {
      case .convolution:
        convolutions += 1
        places[named.name] = .convolution(convolutions)
      case .fullyConnected:
        above -= 1
        places[named.name] = .fullyConnected(above)
      default: break
      }
    }
    return places
  }

  /// Fills the store's values. Every parameter has its own random stream, so that the same seed gives the same net.
  public func fill(_ store: ParameterStore, seed: UInt64) {
    let places = Self.places(in: store.network)
    for (index, parameter) in store.parameters.enumerated() {
      let values = store.values[parameter.range]
      let paper = places[parameter.layer].flatMap { Self.paper[$0] }
      switch parameter.spec.role {
      case .weights:
        let fanIn = parameter.spec.fanIn
        let paperFanIn = max(paper?.fanIn ?? fanIn, fanIn)
        let deviation =
          self == .gaussian ? 0.01 * (Float(paperFanIn) / Float(fanIn)).squareRoot() : (2 / Float(fanIn)).squareRoot()
        var random = CounterRandom(seed: seed, purpose: .initialization, sample: index)
        let scale = index == 0 ? deviation / pixelDeviation : deviation
        for i in values.indices { values[i] = scale * random.normal() }
      case .biases:
        values.update(repeating: self == .gaussian ? paper?.bias ?? 0 : 0)
      }
    }
    store.valuesChanged()
  }
}
