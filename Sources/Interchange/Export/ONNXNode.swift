/// One operator of an ONNX graph with one output.
struct ONNXNode {
  enum Attribute {
    case integer(String, Int)
    case integers(String, [Int])
    case float(String, Float)
  }

  let operation: String
  let inputs: [String]
  let output: String
  let attributes: [Attribute]

  init(_ operation: String, _ inputs: [String], _ output: String, _ attributes: [Attribute] = []) {
    (self.operation, self.inputs, self.output, self.attributes) = (operation, inputs, output, attributes)
  }

  /// The operator as a `NodeProto`.
  var message: ProtobufMessage {
    var node = ProtobufMessage()
    for input in inputs { node.add(1, input) }
    node.add(2, output)
    node.add(3, output)
    node.add(4, operation)
    for attribute in attributes { node.add(5, Self.message(attribute)) }
    return node
  }

  /// An attribute as an `AttributeProto`; its last field is the type: 1 float, 2 integer, 7 integers.
  private static func message(_ attribute: Attribute) -> ProtobufMessage {
    var message = ProtobufMessage()
    switch attribute {
    case .float(let name, let value):
      message.add(1, name)
      message.add(2, value)
      message.add(20, 1)
    case .integer(let name, let value):
      message.add(1, name)
      message.add(3, value)
      message.add(20, 2)
    case .integers(let name, let values):
      message.add(1, name)
      for value in values { message.add(8, value) }
      message.add(20, 7)
    }
    return message
  }
}
