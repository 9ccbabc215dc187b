import Testing

@testable import ConvNet

/// Descriptions that make no sense, and the sentence that says where.
@Suite struct NetworkErrorTests {
  struct Case: Sendable, CustomStringConvertible {
    let layers: String
    /// What the message must name: the layer, the place, what was found.
    let parts: [String]
    var description: String { layers }

    init(_ layers: String, _ parts: String...) {
      self.layers = layers
      self.parts = parts
    }
  }

  private static let conv = #"{"name": "conv1", "type": "convolution", "filters": 4, "kernel": 3, "stride": 1, "padding": 0}"#

  static let cases = [
    Case(#"{"name": "conv2", "type": "convolutional"}"#, "conv2", ".layers[0].type", "'convolutional'", "fullyConnected"),
    Case(
      conv + #", {"name": "conv2", "type": "convolution", "filters": 4, "kernel": 3, "stride": 1}"#, "conv2", ".layers[1]",
      "'padding'"),
    Case(conv + #", {"name": "relu9"}"#, "relu9", ".layers[1]", "'type'"),
    Case(#"{"type": "relu"}"#, ".layers[0]", "'name'"),
    Case(#"{"name": "fc6", "type": "fullyConnected", "outputs": "many"}"#, "fc6", ".layers[0].outputs"),
    Case(#"{"name": "fc6", "type": "fullyConnected", "outputs": 2.5}"#, "fc6", ".layers[0]", "2.5"),
    Case(conv + #", {"name": "conv1", "type": "relu"}"#, "'conv1'", "repeated"),
    Case(#"{"name": "a/b", "type": "relu"}"#, "'a/b'", "'/'"),
    Case(#"{"name": "", "type": "relu"}"#, "''", "empty"),
    Case(#"{"name": "..", "type": "relu"}"#, "'..'"),
    Case(#"{"name": "a\u0000b", "type": "relu"}"#, "control character"),
    Case(
      conv + #", {"name": "conv2", "type": "convolution", "filters": 4, "kernel": 3, "stride": 1, "padding": 1, "groups": 2}"#,
      "conv2",
      "'groups'", "kernel, padding, stride"),
    Case(#"{"name": "relu1", "type": "relu", "slope": 0.1}"#, "relu1", "'slope'"),
    Case(
      conv + #", {"name": "conv2", "type": "convolution", "filters": 4, "kernel": 9, "stride": 1, "padding": 1}"#, "conv2", "9×9",
      "[4, 6, 6]", "padded by 1"),
    Case(
      conv + #", {"name": "conv2", "type": "convolution", "filters": 0, "kernel": 3, "stride": 1, "padding": 1}"#, "conv2",
      "filters 0"),
    Case(
      #"{"name": "huge", "type": "convolution", "filters": 4, "kernel": 3, "stride": 1, "padding": 4611686018427387904}"#, "huge",
      "4611686018427387904"),
    Case(#"{"name": "pool1", "type": "maxPooling", "window": 9, "stride": 2}"#, "pool1", "9×9", "[3, 8, 8]"),
    Case(#"{"name": "pool1", "type": "maxPooling", "window": 2, "stride": 3}"#, "pool1", "stride 3"),
    Case(#"{"name": "drop6", "type": "dropout", "probability": 1}"#, "drop6", "1.0"),
    Case(
      #"{"name": "norm1", "type": "localResponseNormalization", "size": 4, "k": 2, "alpha": 0.0001, "beta": 0.75}"#, "norm1",
      "size 4"),
    Case(#"{"name": "fc6", "type": "fullyConnected", "outputs": 0}"#, "fc6", "0 outputs"),
    Case(
      #"{"name": "fc6", "type": "fullyConnected", "outputs": 4611686018427387904}"#, "fc6", "4611686018427387904"),
    Case(
      #"{"name": "c", "type": "convolution", "filters": 4, "kernel": 3, "stride": 1, "padding": 1025}"#, "c", "padding 1025",
      "1024"),
    Case(
      #"{"name": "c", "type": "convolution", "filters": 4, "kernel": 2000, "stride": 1, "padding": 1999}"#, "c", "kernel 2000",
      "1024"),
    Case(
      #"{"name": "c", "type": "convolution", "filters": 4, "kernel": 3, "stride": 99999, "padding": 0}"#, "c", "stride 99999"),
    Case(
      #"{"name": "c", "type": "convolution", "filters": 1048576, "kernel": 7, "stride": 1, "padding": 6}, "#
        + #"{"name": "d", "type": "convolution", "filters": 1048576, "kernel": 9, "stride": 1, "padding": 4}"#, "d", "2^44"),
    Case(
      #"{"name": "fc", "type": "fullyConnected", "outputs": 1048576}, "#
        + #"{"name": "c", "type": "convolution", "filters": 1048576, "kernel": 16, "stride": 1, "padding": 15}"#, "c", "beyond"),
    Case(
      #"{"name": "n", "type": "localResponseNormalization", "size": 5, "k": 2, "alpha": 1e30, "beta": 0.75}"#, "n", "alpha 1e+30"),
    Case(
      #"{"name": "n", "type": "localResponseNormalization", "size": 4194305, "k": 2, "alpha": 1, "beta": 0.75}"#, "n", "4194305"),
    Case(
      #"{"name": "n", "type": "localResponseNormalization", "size": 5, "k": 0, "alpha": 1, "beta": 0.75}"#, "n", "k 0.0"),
    Case(#"{"name": "drop6", "type": "dropout", "probability": -0.1}"#, "drop6", "-0.1"),
    Case((0...4096).map { #"{"name": "r\#($0)", "type": "relu"}"# }.joined(separator: ","), "4097 layers"),
    Case("", "'bad'", "0 layers"),
    Case("{", "network description"),
  ]

  @Test("A wrong description names the layer and the place", arguments: cases)
  func descriptions(row: Case) {
    let json = #"{"name": "bad", "input": [3, 8, 8], "layers": ["# + row.layers + "]}"
    let error = #expect(throws: NetworkError.self) { try Network(json: json) }
    for part in row.parts {
      #expect(error?.description.contains(part) == true, "\(part) | in: \(error?.description ?? "nothing")")
    }
  }

  @Test("A wrong input is named", arguments: ["[3, 8]", "[3, 0, 8]", "[-3, -8, 8]", "[3, 4611686018427387904, 8]"])
  func inputs(input: String) {
    let json = #"{"name": "bad", "input": "# + input + #", "layers": [{"name": "relu", "type": "relu"}]}"#
    let error = #expect(throws: NetworkError.self) { try Network(json: json) }
    #expect(error?.description.contains("input") == true, "\(error?.description ?? "nothing")")
    #expect(
      error?.description.contains("\(input.dropLast().split(separator: ", ").last!)") == true,
      "\(error?.description ?? "nothing")")
  }

  @Test("An unknown layer is answered with those that there are")
  func unknownLayer() throws {
    let network = try Preset.cnnF64.network(classes: 2)
    let error = #expect(throws: NetworkError.self) { try network.index(of: "conv9") }
    #expect(error?.description.contains("'conv9'") == true && error?.description.contains("conv1, relu1") == true)
  }
}
