@testable import ConvNet

/// One row of the layer table: a layer on a geometry, a batch and a team.
struct LayerCase: Sendable, CustomStringConvertible {
  let layer: AnyLayer
  let input: Shape
  /// Pictures of the call, and the pictures that the plan was made for.
  var pictures = 2
  var batch = 2
  var workers = 1
  /// Deviation of the input values.
  var scale: Float = 1
  let seed: UInt64 = 2013

  var description: String {
    let whole = "\(layer.layer) on \(pictures) of \(batch) × \(input), workers \(workers), scale \(scale), seed \(seed)"
    return whole.replacing("ConvNet.", with: "")
  }

  func on(pictures: Int, of batch: Int? = nil, workers: Int) -> LayerCase {
    LayerCase(layer: layer, input: input, pictures: pictures, batch: batch ?? pictures, workers: workers, scale: scale)
  }

  /// Batches of one and several, divisible by the workers or not, fewer pictures than the plan has room or the team workers.
  static let callShapes: [(pictures: Int, batch: Int, workers: Int)] = [
    (1, 1, 1), (2, 2, 1), (1, 1, 2), (4, 4, 2), (5, 5, 2), (3, 4, 2), (5, 5, 3), (2, 7, 3), (1, 4, 3),
  ]

  private static func convolution(
    _ channels: Int, _ height: Int, _ width: Int, filters: Int, kernel: Int, stride: Int = 1, padding: Int = 0
  ) -> LayerCase {
    LayerCase(
      layer: .convolution(Convolution(filters: filters, kernel: kernel, stride: stride, padding: padding)),
      input: Shape(channels: channels, height: height, width: width))
  }

  private static func pooling(_ channels: Int, _ height: Int, _ width: Int, window: Int, stride: Int) -> LayerCase {
    LayerCase(
      layer: .maxPooling(MaxPooling(window: window, stride: stride)),
      input: Shape(channels: channels, height: height, width: width))
  }

  private static func full(_ channels: Int, _ height: Int, _ width: Int, outputs: Int) -> LayerCase {
    LayerCase(
      layer: .fullyConnected(FullyConnected(outputs: outputs)), input: Shape(channels: channels, height: height, width: width))
  }

  private static func normalization(
    _ channels: Int, _ height: Int, _ width: Int, _ layer: LocalResponseNormalization = LocalResponseNormalization(),
    scale: Float = 100
  ) -> LayerCase {
    LayerCase(
      layer: .localResponseNormalization(layer), input: Shape(channels: channels, height: height, width: width), scale: scale)
  }

  static let geometries: [LayerCase] = [
    convolution(1, 5, 5, filters: 1, kernel: 1),
    convolution(3, 1, 1, filters: 4, kernel: 1),
    convolution(3, 7, 7, filters: 4, kernel: 7),  // kernel = input
    convolution(2, 6, 9, filters: 3, kernel: 3),  // not square
    convolution(3, 9, 6, filters: 5, kernel: 3, padding: 1),
    convolution(2, 13, 13, filters: 3, kernel: 5, padding: 2),
    convolution(3, 23, 21, filters: 4, kernel: 11, stride: 4),  // conv1's: the last rows and columns belong to no window
    convolution(2, 10, 11, filters: 3, kernel: 3, stride: 2, padding: 1),
    convolution(2, 8, 8, filters: 2, kernel: 2, stride: 3),  // gaps between windows
    convolution(2, 3, 3, filters: 2, kernel: 5, padding: 2),  // kernel larger than the picture
    convolution(1, 2, 3, filters: 2, kernel: 2, stride: 2, padding: 3),  // windows of padding alone
    convolution(1, 4, 5, filters: 2, kernel: 1, stride: 2),
    convolution(17, 6, 5, filters: 19, kernel: 3, padding: 1),  // channels beyond a vector register
    pooling(1, 3, 3, window: 3, stride: 2),  // window = input
    pooling(2, 6, 6, window: 3, stride: 2),  // the last windows clipped
    pooling(3, 7, 8, window: 3, stride: 2),
    pooling(2, 5, 4, window: 2, stride: 2),
    pooling(2, 5, 5, window: 3, stride: 1),
    pooling(2, 7, 10, window: 3, stride: 3),
    pooling(3, 4, 4, window: 1, stride: 1),
    pooling(1, 40, 37, window: 3, stride: 2),
    pooling(2, 9, 9, window: 5, stride: 3),
    full(1, 1, 1, outputs: 1),
    full(7, 1, 1, outputs: 3),
    full(3, 5, 4, outputs: 9),
    full(2, 3, 3, outputs: 40),  // more than a slice of 16 outputs a worker
    full(20, 2, 2, outputs: 33),
    normalization(1, 3, 3),
    normalization(3, 4, 5),  // fewer channels than the window
    normalization(8, 9, 9),  // more positions than a block of 64
    normalization(7, 3, 3, LocalResponseNormalization(size: 1)),
    normalization(6, 4, 4, LocalResponseNormalization(size: 3, k: 1, alpha: 0.05, beta: 0.5), scale: 3),
    normalization(9, 2, 3, LocalResponseNormalization(size: 7, k: 2, alpha: 0.01, beta: 0.9), scale: 5),
    LayerCase(layer: .relu(ReLU()), input: Shape(channels: 3, height: 5, width: 7)),
    LayerCase(layer: .relu(ReLU()), input: Shape(channels: 1)),
    LayerCase(layer: .dropout(Dropout(probability: 0.7)), input: Shape(channels: 5)),  // nothing outside of training
  ]

  /// Every geometry with one picture and a call of several workers; every kind of layer with every call shape.
  static let all: [LayerCase] = {
    var rows = geometries.flatMap { [$0, $0.on(pictures: 3, workers: 2)] }
    for kind in [
      convolution(2, 6, 5, filters: 3, kernel: 3, stride: 2, padding: 1), pooling(2, 6, 7, window: 3, stride: 2),
      full(3, 3, 2, outputs: 37), normalization(6, 3, 4),
      LayerCase(layer: .relu(ReLU()), input: Shape(channels: 4, height: 3, width: 3)),
    ] {
      rows += callShapes.map { kind.on(pictures: $0.pictures, of: $0.batch, workers: $0.workers) }
    }
    return rows
  }()
}
