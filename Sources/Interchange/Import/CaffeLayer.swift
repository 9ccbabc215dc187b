import ConvNet

/// A layer of a `.caffemodel`, `LayerParameter` or `V1LayerParameter`. Source: BVLC/caffe, caffe.proto.
struct CaffeLayer {
  let name: String
  /// The layer's type, by the newer format's name.
  let type: String
  let bottoms: [String]
  let tops: [String]
  private let message: ProtobufReader
  private let isNewer: Bool
  private let path: String

  /// The numbers that V1 has for the types which mean something here.
  private static let types = [
    1: "Accuracy", 4: "Convolution", 5: "Data", 6: "Dropout", 8: "Flatten", 9: "HDF5Data", 12: "ImageData", 14: "InnerProduct",
    15: "LRN", 17: "Pooling", 18: "ReLU", 20: "Softmax", 21: "SoftmaxWithLoss", 22: "Split", 24: "WindowData", 29: "MemoryData",
    30: "ArgMax", 32: "DummyData", 36: "Silence",
  ]

  init(_ bytes: UnsafeRawBufferPointer, isNewer: Bool, path: String) throws(InterchangeError) {
    let message = try ProtobufReader(bytes, path: path)
    guard isNewer || message.bytes(1).isEmpty else {
      throw .badData(path, "its layers are of Caffe's oldest form (V0); convert it with Caffe's upgrade_net_proto_binary")
    }
    (self.message, self.isNewer, self.path) = (message, isNewer, path)
    name = message.text(isNewer ? 1 : 4) ?? ""
    let number = message.integer(5) ?? 0
    type = isNewer ? message.text(2) ?? "" : Self.types[number] ?? "type \(number) of V1LayerParameter"
    bottoms = message.bytes(isNewer ? 3 : 2).map { String(decoding: $0, as: UTF8.self) }
    tops = message.bytes(isNewer ? 4 : 3).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The side of the input that an input layer states; nil if it states none.
  func inputSide() throws(InterchangeError) -> Int? {
    guard type == "Input", let shape = try parameter(143, 143)?.bytes(1).first else { return nil }
    return try CaffeModel.side(ofInput: ProtobufReader(shape, path: path).integers(1, path: path), path)
  }

  /// The changes that a data layer makes to pixels; nil if it doesn't state any.
  func transform() throws(InterchangeError) -> CaffeTransform? {
    if let own = try parameter(100, 36) { return try CaffeTransform(own, isTransform: true, layer: name, path: path) }
    let older = ["Data": (107, 11), "ImageData": (115, 15), "WindowData": (129, 20)]
    guard let (newer, oldest) = older[type], let own = try parameter(newer, oldest) else { return nil }
    return try CaffeTransform(own, isTransform: false, layer: name, path: path)
  }

  /// - Parameter isFirst: true for the first layer, whose weights are over BGR and become RGB.
  func imported(isFirst: Bool) throws(InterchangeError) -> ImportedLayer {
    switch type {
    case "Convolution":
      let own = try convolution()
      return try withBlobs(.convolution(own), outputs: own.filters, plane: isFirst ? own.kernel * own.kernel : nil)
    case "InnerProduct":
      let own = try parameter(117, 17)
      guard let outputs = own?.integer(1), (1...(1 << 24)).contains(outputs) else {
        throw problem("it doesn't say num_output")
      }
      try refuse(own?.integer(6) ?? 0, 0, "transpose")
      guard !isFirst else { throw problem("expected a convolution as the first layer") }
      return try withBlobs(.fullyConnected(FullyConnected(outputs: outputs)), outputs: outputs, plane: nil)
    case "Pooling": return ImportedLayer(name: safeName, layer: .maxPooling(try pooling()))
    case "ReLU":
      if let slope = try parameter(123, 30)?.float(1), slope != 0 { throw problem("negative_slope \(slope), expected 0") }
      return ImportedLayer(name: safeName, layer: .relu(ReLU()))
    case "LRN": return ImportedLayer(name: safeName, layer: .localResponseNormalization(try normalization()))
    case "Dropout":
      return ImportedLayer(name: safeName, layer: .dropout(Dropout(probability: try parameter(108, 12)?.float(1) ?? 0.5)))
    default: throw problem("layers of type '\(type)' are unknown to deepinside")
    }
  }

  private var safeName: String { String(name.map { $0 == "/" ? "_" : $0 }) }

  private func problem(_ text: String) -> InterchangeError { .badData(path, "layer '\(name)': \(text)") }

  private func parameter(_ newer: Int, _ older: Int) throws(InterchangeError) -> ProtobufReader? {
    guard let bytes = message.bytes(isNewer ? newer : older).last else { return nil }
    return try ProtobufReader(bytes, path: path)
  }

  private func refuse(_ value: Int, _ expected: Int, _ name: String) throws(InterchangeError) {
    if value != expected { throw problem("\(name) \(value), which deepinside doesn't have") }
  }

  private func convolution() throws(InterchangeError) -> Convolution {
    guard let own = try parameter(106, 10), let filters = own.integer(1) else { throw problem("it doesn't say num_output") }
    try refuse(own.integer(5) ?? 1, 1, "group")
    for dilation in try own.integers(18, path: path) { try refuse(dilation, 1, "dilation") }
    let kernel = try square(own, 4, 11, 12, "kernel", 0)
    guard (1...(1 << 20)).contains(filters), (1...1024).contains(kernel) else {
      throw problem("num_output \(filters), kernel \(kernel)")
    }
    return Convolution(
      filters: filters, kernel: kernel, stride: try square(own, 6, 13, 14, "stride", 1),
      padding: try square(own, 3, 9, 10, "pad", 0))
  }

  private func pooling() throws(InterchangeError) -> MaxPooling {
    guard let own = try parameter(121, 19) else { throw problem("it doesn't say its kernel_size") }
    try refuse(own.integer(1) ?? 0, 0, "pooling method")
    try refuse(own.integer(12) ?? 0, 0, "global_pooling")
    try refuse(own.integer(13) ?? 0, 0, "round_mode")
    try refuse(try square(own, 4, 9, 10, "pad", 0), 0, "pad")
    return MaxPooling(window: try square(own, 2, 5, 6, "kernel", 0), stride: try square(own, 3, 7, 8, "stride", 1))
  }

  private func normalization() throws(InterchangeError) -> LocalResponseNormalization {
    let own = try parameter(118, 18)
    try refuse(own?.integer(4) ?? 0, 0, "norm_region")
    let size = own?.integer(1) ?? 5
    guard size > 0 else { throw problem("local_size \(size)") }
    return LocalResponseNormalization(
      size: size, k: own?.float(5) ?? 1, alpha: (own?.float(2) ?? 1) / Float(size), beta: own?.float(3) ?? 0.75)
  }

  /// A size that is stated once for both directions, or twice and then must be equal.
  private func square(
    _ own: ProtobufReader, _ both: Int, _ vertical: Int, _ horizontal: Int, _ name: String, _ fallback: Int
  ) throws(InterchangeError) -> Int {
    let values = try own.integers(both, path: path) + [own.integer(vertical), own.integer(horizontal)].compactMap { $0 }
    guard Set(values).count <= 1 else { throw problem("\(name) \(values), expected the same in both directions") }
    return values.first ?? fallback
  }

  /// - Parameter plane: The number of values of one channel of a filter, if this is a first layer whose channels are to be
  ///   reversed; else nil.
  private func withBlobs(_ layer: AnyLayer, outputs: Int, plane: Int?) throws(InterchangeError) -> ImportedLayer {
    var blobs: [CaffeBlob] = []
    for bytes in message.bytes(isNewer ? 7 : 6) { blobs.append(try CaffeBlob(bytes, path: path)) }
    guard let weights = blobs.first?.values else { throw problem("it has no weights: is this a .caffemodel of a trained net?") }
    var imported = ImportedLayer(name: safeName, layer: layer, weights: weights)
    imported.biases = blobs.count > 1 ? blobs[1].values : [Float](repeating: 0, count: outputs)
    if let plane {
      guard weights.count == outputs * 3 * plane else {
        throw problem("\(weights.count) weights, expected \(outputs) filters over 3 channels of \(plane)")
      }
      for filter in 0..<outputs {
        for index in 0..<plane {
          let blue = filter * 3 * plane + index
          imported.weights.swapAt(blue, blue + 2 * plane)
        }
      }
    }
    return imported
  }
}
