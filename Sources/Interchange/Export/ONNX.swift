import Checkpoint
import ConvNet
import Files

/// The ONNX format: a `ModelProto` of IR version 8, operator set 13.
///
/// The input `images` is [N, 3, H, W], RGB 0–255 (minus the mean, if the graph doesn't subtract it); the output `scores` is [N,
/// K], class scores before any softmax. Values have the names of the layers. Dropout does nothing at test time and is left out.
/// Source: onnx/onnx.proto, onnx/docs/Operators.md.
enum ONNX {
  /// A Protocol Buffers message must have fewer bytes than this.
  private static let limit = 1 << 31

  /// - Parameter mean: The mean that the graph subtracts, in the input's shape; nil for none.
  static func write(_ checkpoint: Checkpoint, mean: [Float]?, to path: String) throws {
    // The message only points to the parameters and the mean, so they must stay in memory until it is written.
    try withExtendedLifetime(checkpoint) {
      guard let mean else { return try writeModel(checkpoint, mean: nil, to: path) }
      try mean.withUnsafeBytes { try writeModel(checkpoint, mean: $0, to: path) }
    }
  }

  private static func writeModel(_ checkpoint: Checkpoint, mean: UnsafeRawBufferPointer?, to path: String) throws {
    let contents = checkpoint.contents
    var model = ProtobufMessage()
    model.add(1, 8)
    model.add(2, "deepinside")
    model.add(7, graph(checkpoint.store, mean: mean))
    var operators = ProtobufMessage()
    operators.add(1, "")
    operators.add(2, 13)
    model.add(8, operators)
    let metadata = [
      ("classes", contents.classes.joined(separator: "\n")), ("class_names", contents.classNames.joined(separator: "\n")),
      ("network", contents.network.json()), ("digest", checkpoint.digest),
      ("input", mean == nil ? "RGB 0-255 minus the mean" : "RGB 0-255"),
    ]
    for (key, value) in metadata {
      var entry = ProtobufMessage()
      entry.add(1, key)
      entry.add(2, value)
      model.add(14, entry)
    }
    guard model.count < limit else {
      throw InterchangeError(
        .wrongUse, "\(path): the network takes \(model.count) bytes, ONNX files hold less than \(limit); export it as safetensors"
      )
    }
    let file = try FileWriter(path)
    try model.forEachPiece(file.append)
    try file.commit()
  }

  private static func graph(_ store: ParameterStore, mean: UnsafeRawBufferPointer?) -> ProtobufMessage {
    let network = store.network
    var graph = ProtobufMessage()
    var current = "images"
    if mean != nil {
      graph.add(1, ONNXNode("Sub", ["images", "mean"], "centred").message)
      current = "centred"
    }
    for (index, layer) in network.layers.enumerated() {
      guard let nodes = nodes(layer, input: network.shapes[index], from: current, isLast: index == network.layers.count - 1)
      else { continue }
      for node in nodes { graph.add(1, node.message) }
      current = nodes[nodes.count - 1].output
    }
    if current != "scores" { graph.add(1, ONNXNode("Identity", [current], "scores").message) }
    graph.add(2, network.name)
    for parameter in store.parameters {
      let values = UnsafeRawBufferPointer(store.values[parameter.range])
      graph.add(5, tensor(parameter.name, parameter.spec.shape, values))
    }
    let input = network.input
    if let mean { graph.add(5, tensor("mean", [input.channels, input.height, input.width], mean)) }
    graph.add(11, value("images", [input.channels, input.height, input.width]))
    graph.add(12, value("scores", [network.classCount]))
    return graph
  }

  /// The operators of a layer; nil for a layer without any.
  private static func nodes(
    _ layer: Network.NamedLayer, input: Shape, from: String, isLast: Bool
  ) -> [ONNXNode]? {
    let (name, output) = (layer.name, isLast ? "scores" : layer.name)
    let parameters = ["\(name)/weights", "\(name)/biases"]
    switch layer.layer {
    case .convolution(let own):
      return [
        ONNXNode(
          "Conv", [from] + parameters, output,
          [
            .integers("kernel_shape", [own.kernel, own.kernel]), .integers("strides", [own.stride, own.stride]),
            .integers("pads", Array(repeating: own.padding, count: 4)),
          ])
      ]
    case .fullyConnected:
      let flat = "\(name)_input"
      return [
        ONNXNode("Flatten", [from], flat, [.integer("axis", 1)]),
        ONNXNode("Gemm", [flat] + parameters, output, [.integer("transB", 1)]),
      ]
    case .maxPooling(let own):
      return [
        ONNXNode(
          "MaxPool", [from], output,
          [
            .integers("kernel_shape", [own.window, own.window]), .integers("strides", [own.stride, own.stride]),
            .integer("ceil_mode", 1),
          ])
      ]
    case .relu: return [ONNXNode("Relu", [from], output)]
    case .localResponseNormalization(let own):
      // ONNX divides alpha by the size, as Caffe does.
      return [
        ONNXNode(
          "LRN", [from], output,
          [
            .integer("size", own.size), .float("alpha", own.alpha * Float(own.size)), .float("beta", own.beta),
            .float("bias", own.k),
          ])
      ]
    case .dropout: return nil
    }
  }

  private static func tensor(_ name: String, _ shape: [Int], _ values: UnsafeRawBufferPointer) -> ProtobufMessage {
    var tensor = ProtobufMessage()
    for size in shape { tensor.add(1, size) }
    tensor.add(2, 1)  // FLOAT
    tensor.add(8, name)
    tensor.add(9, memory: values)
    return tensor
  }

  /// A description of a float tensor: its name and its shape, after a first dimension of any size.
  private static func value(_ name: String, _ shape: [Int]) -> ProtobufMessage {
    var dimensions = ProtobufMessage()
    var batch = ProtobufMessage()
    batch.add(2, "N")
    dimensions.add(1, batch)
    for size in shape {
      var dimension = ProtobufMessage()
      dimension.add(1, size)
      dimensions.add(1, dimension)
    }
    var tensor = ProtobufMessage()
    tensor.add(1, 1)  // FLOAT
    tensor.add(2, dimensions)
    var type = ProtobufMessage()
    type.add(1, tensor)
    var value = ProtobufMessage()
    value.add(1, name)
    value.add(2, type)
    return value
  }
}
