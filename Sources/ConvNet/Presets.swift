/// The networks that can be chosen by name.
public enum Preset: String, Sendable, CaseIterable {
  /// The paper's net for 224-pixel crops: CNN-F of Chatfield et al. 2014, 60,834,536 parameters with 1000 classes.
  case cnnF = "cnn-f"
  /// The same chain for 128-pixel crops, with narrower layers. Its error rates can't be compared with the paper's.
  case cnnF128 = "cnn-f-128"
  /// The same chain for 64-pixel crops, narrower still, for laptops, demonstrations and tests.
  case cnnF64 = "cnn-f-64"

  /// All names, separated by commas.
  public static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// Makes the network for a number of classes.
  /// - Throws: `NetworkError` if the class count isn't positive.
  public func network(classes: Int) throws(NetworkError) -> Network {
    switch self {
    case .cnnF:
      try Network(
        chain: rawValue, crop: 224, first: Convolution(filters: 64, kernel: 11, stride: 4), filters: 256,
        units: 4096, classes: classes)
    case .cnnF128:
      try Network(
        chain: rawValue, crop: 128, first: Convolution(filters: 64, kernel: 9, stride: 3), filters: 192,
        units: 1024, classes: classes)
    case .cnnF64:
      try Network(
        chain: rawValue, crop: 64, first: Convolution(filters: 48, kernel: 7, stride: 2), filters: 128,
        units: 512, classes: classes)
    }
  }
}

extension Network {
  /// conv1 … conv5, fc6 … fc8 of the paper (method: Simonyan et al. 2013 §1, geometry: Chatfield et al. 2014), at a given width.
  init(chain name: String, crop: Int, first: Convolution, filters: Int, units: Int, classes: Int) throws(NetworkError) {
    let pool = AnyLayer.maxPooling(MaxPooling(window: 3, stride: 2))
    let norm = AnyLayer.localResponseNormalization(LocalResponseNormalization())
    let relu = AnyLayer.relu(ReLU())
    let three = AnyLayer.convolution(Convolution(filters: filters, kernel: 3, padding: 1))
    let full = AnyLayer.fullyConnected(FullyConnected(outputs: units))
    let chain: [(String, AnyLayer)] = [
      ("conv1", .convolution(first)), ("relu1", relu), ("norm1", norm), ("pool1", pool),
      ("conv2", .convolution(Convolution(filters: filters, kernel: 5, padding: 2))), ("relu2", relu), ("norm2", norm),
      ("pool2", pool),
      ("conv3", three), ("relu3", relu), ("conv4", three), ("relu4", relu), ("conv5", three), ("relu5", relu),
      ("pool5", pool),
      ("fc6", full), ("relu6", relu), ("drop6", .dropout(Dropout())),
      ("fc7", full), ("relu7", relu), ("drop7", .dropout(Dropout())),
      ("fc8", .fullyConnected(FullyConnected(outputs: classes))),
    ]
    try self.init(
      name: name, input: Shape(channels: 3, height: crop, width: crop),
      layers: chain.map { NamedLayer(name: $0.0, layer: $0.1) })
  }
}
