import Testing

@testable import ConvNet

/// Convolutions that are unfolded, and neighbours that must not be.
private let convolutions: [(channels: Int, side: Int, Convolution)] = [
  (3, 51, Convolution(filters: 32, kernel: 11, stride: 4)),  // conv1: 3×3 over 48 channels
  (3, 50, Convolution(filters: 16, kernel: 11, stride: 4)),  // columns that no window reaches
  (3, 30, Convolution(filters: 16, kernel: 11, stride: 4, padding: 3)),
  (3, 29, Convolution(filters: 16, kernel: 9, stride: 3)),  // 27 channels, filled up to 32
  (3, 31, Convolution(filters: 16, kernel: 7, stride: 2)),  // too many empty taps for 3×3
  (1, 20, Convolution(filters: 16, kernel: 3, stride: 2)),
  (16, 13, Convolution(filters: 32, kernel: 5, padding: 2)),  // conv2: four shifted copies
  (32, 9, Convolution(filters: 16, kernel: 6, padding: 1)),
  (16, 8, Convolution(filters: 16, kernel: 5)),
  (16, 12, Convolution(filters: 16, kernel: 5, padding: 4)),
  (15, 12, Convolution(filters: 16, kernel: 5, padding: 2)),  // no whole block of channels
  (16, 12, Convolution(filters: 15, kernel: 5, padding: 2)),
  (16, 12, Convolution(filters: 16, kernel: 4, padding: 1)),
  (32, 13, Convolution(filters: 48, kernel: 3, padding: 1)),
  (17, 13, Convolution(filters: 19, kernel: 3, padding: 1)),
  (16, 12, Convolution(filters: 16, kernel: 3, stride: 2, padding: 1)),
]

/// Each of them as the first layer, with a ReLU, and behind another convolution.
let convolutionNetworks: [(convolution: Convolution, input: Shape, layers: [AnyLayer])] = convolutions.flatMap {
  channels, side, convolution in
  let last = AnyLayer.convolution(convolution)
  let before = AnyLayer.convolution(Convolution(filters: channels, kernel: 3, padding: 1))
  let chains = [[last], [last, .relu(ReLU())], [before, .relu(ReLU()), last, .relu(ReLU())]]
  return chains.map { (convolution, Shape(channels: channels, height: side, width: side + 1), $0) }
}

/// Chains of layers in places where the presets have none.
let unusualPlaces: (input: Shape, chains: [[AnyLayer]]) = {
  let convolution = AnyLayer.convolution(Convolution(filters: 18, kernel: 3, padding: 1))
  let dropout = AnyLayer.dropout(Dropout(probability: 0.3))
  let pooling = AnyLayer.maxPooling(MaxPooling(window: 3, stride: 2))
  let full = AnyLayer.fullyConnected(FullyConnected(outputs: 7))
  let norm = AnyLayer.localResponseNormalization(LocalResponseNormalization())
  let relu = AnyLayer.relu(ReLU())
  return (
    Shape(channels: 5, height: 12, width: 10),
    [
      [relu, full], [dropout, convolution, dropout, relu, pooling], [convolution, dropout, norm, pooling, dropout, full, relu],
      [norm, pooling, relu, full], [pooling, convolution, norm, relu, convolution], [full, dropout, relu, full, dropout],
      [convolution, relu, relu], [full, norm, full],
    ]
  )
}()

/// oneDNN beside OpenBLAS on geometries that take special roads in one of them.
@Suite(.enabled(if: hasOneDNN, noOneDNN))
struct OneDNNLayerTests {
  @Test(
    "A convolution agrees with OpenBLAS as the first layer and behind another, in every form",
    arguments: convolutionNetworks.indices)
  func forms(index: Int) throws {
    let (convolution, input, layers) = convolutionNetworks[index]
    let network = try Network(input, layers)
    for purpose in Purpose.allCases {
      let expected = try Outcome.of(network, purpose, .openblas, scale: 1)
      for (algorithm, tolerance) in oneDNNAlgorithms {
        let found = try Outcome.of(network, purpose, .onednn, .float32, algorithm, scale: 1)
        found.compare(with: expected, scores: tolerance, gradients: tolerance, "\(convolution), \(purpose), \(algorithm)")
      }
    }
  }

  @Test(
    "In bfloat16 a convolution stays near OpenBLAS's float32, in every form", .enabled(if: hasBFloat16, noBFloat16),
    arguments: convolutionNetworks.indices)
  func formsInBFloat16(index: Int) throws {
    let (convolution, input, layers) = convolutionNetworks[index]
    let network = try Network(input, layers)
    // Two or three roundings to 2⁻⁹, by Winograd to a hundredth, and a few ReLUs turned: each of those moves a bias gradient, a sum
    // of random signs over few pictures, by as much as the sum itself, so that biases count only where there is no ReLU.
    func counted(_ outcome: Outcome) -> Outcome {
      var outcome = outcome
      if layers.count > 1 { outcome.gradients.removeAll { $0.name.hasSuffix("biases") } }
      return outcome
    }
    for purpose in Purpose.allCases {
      let expected = counted(try Outcome.of(network, purpose, .openblas, scale: 1))
      for (algorithm, tolerance) in [(ConvolutionAlgorithm.direct, 0.1), (.winograd, 0.2)] {
        let rounded = counted(try Outcome.of(network, purpose, .onednn, .bfloat16, algorithm, scale: 1))
        rounded.compare(with: expected, scores: 0.02, gradients: tolerance, "\(convolution), \(purpose), \(algorithm)")
      }
    }
  }

  @Test(
    "Layers in unusual places agree with OpenBLAS: dropout and ReLU on pictures, behind convolutions and pooling",
    arguments: oneDNNPrecisions)
  func places(precision: Precision) throws {
    for layers in unusualPlaces.chains {
      let network = try Network(unusualPlaces.input, layers)
      for purpose in Purpose.allCases {
        let expected = try Outcome.of(network, purpose, .openblas, scale: 1)
        let label = "\(layers.map(\.layer)), \(purpose)".replacing("ConvNet.", with: "")
        let tolerance = precision == .float32 ? (scores: 1e-5, gradients: 1e-5) : (scores: 0.03, gradients: 0.2)
        try Outcome.of(network, purpose, .onednn, precision, scale: 1)
          .compare(with: expected, scores: tolerance.scores, gradients: tolerance.gradients, label)
      }
    }
  }
}
