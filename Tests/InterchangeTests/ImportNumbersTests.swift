import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Interchange

/// Caffe nets whose data layer does something to pixels, and files whose numbers or kinds nobody can have meant.
@Suite struct ImportNumbersTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private typealias Message = ProtobufMessage

  private static func blob(_ shape: [Int], _ values: [Float]) -> Message {
    var sizes = Message()
    for size in shape { sizes.add(1, size) }
    var blob = Message()
    blob.add(7, sizes)
    for value in values { blob.add(5, value) }
    return blob
  }

  private static func layer(
    _ name: String, _ type: String, _ bottom: String?, _ parameter: (Int, Message)?, _ blobs: [Message] = []
  ) -> Message {
    var layer = Message()
    layer.add(1, name)
    layer.add(2, type)
    if let bottom { layer.add(3, bottom) }
    layer.add(4, name)
    if let (number, message) = parameter { layer.add(number, message) }
    for blob in blobs { layer.add(7, blob) }
    return layer
  }

  private static let weights: [Float] = (0..<(2 * 3 * 9)).map { Float($0 % 7) / 10 - 0.3 }

  /// conv1 of 2 filters over 6 pixels, an LRN, fc of 2 outputs.
  private func net(
    transforms: [Message] = [], dataType: String = "Data", older: Message? = nil, weights: [Float] = weights, alpha: Float = 1
  ) throws -> String {
    var whole = Message()
    whole.add(1, "small")
    for (index, transform) in transforms.enumerated() {
      whole.add(100, Self.layer(index == 0 ? "data" : "data\(index)", dataType, nil, (100, transform)))
    }
    if let older { whole.add(100, Self.layer("data", dataType, nil, (107, older))) }
    var convolution = Message()
    convolution.add(1, 2)
    convolution.add(4, 3)
    whole.add(
      100,
      Self.layer(
        "conv1", "Convolution", "data", (106, convolution), [Self.blob([2, 3, 3, 3], weights), Self.blob([2], [0, 0])]))
    var norm = Message()
    norm.add(1, 5)
    norm.add(2, alpha)
    whole.add(100, Self.layer("norm1", "LRN", "conv1", (118, norm)))
    var full = Message()
    full.add(1, 2)
    whole.add(
      100,
      Self.layer(
        "fc", "InnerProduct", "norm1", (117, full),
        [Self.blob([2, 32], (0..<64).map { Float($0) / 64 }), Self.blob([2], [0, 0])]))
    let path = folder.path("net.caffemodel")
    try Data(whole.bytes).write(to: URL(fileURLWithPath: path))
    try Data("n1 one\nn2 two\n".utf8).write(to: URL(fileURLWithPath: folder.path("words.txt")))
    return path
  }

  private func transform(scale: Float? = nil, mean: [Float] = [], crop: Int = 6, file: String? = nil, grey: Bool = false)
    -> Message
  {
    var message = Message()
    if let scale { message.add(1, scale) }
    message.add(3, crop)
    if let file { message.add(4, file) }
    for value in mean { message.add(5, value) }
    if grey { message.add(7, 1) }
    return message
  }

  private func imported(_ path: String, side: Int? = nil) throws -> ImportedCheckpoint {
    try importWeights(path, synsetWords: folder.path("words.txt"), side: side)
  }

  @Test("The scale of the data layer goes into the first layer's weights", arguments: [0.00390625, -2] as [Float])
  func scale(factor: Float) throws {
    let plain = try imported(net(transforms: [transform()]))
    let scaled = try imported(net(transforms: [transform(scale: factor)]))
    for name in ["conv1", "fc"] {
      let weights = try #require(plain.store.parameter(name, .weights))
      let expected = plain.store.values[weights.range].map { name == "conv1" ? $0 * factor : $0 }
      #expect(Array(scaled.store.values[weights.range]) == expected, "\(name)")
    }
    #expect(scaled.notes.contains { $0.contains("\(factor)") })
  }

  @Test("An older data layer's scale counts, too") func olderScale() throws {
    var older = Message()
    older.add(2, Float(0.5))
    older.add(5, 6)
    let scaled = try imported(net(older: older))
    let weights = try #require(scaled.store.parameter("conv1", .weights))
    // The first filter's red, which was Caffe's third channel.
    #expect(scaled.store.values[weights.range][0] == Self.weights[18] * 0.5)
  }

  @Test("The mean colour is the data layer's, blue first there and red first here", arguments: [[10, 20, 30], [7]] as [[Float]])
  func meanValue(values: [Float]) throws {
    let contents = try imported(net(transforms: [transform(mean: values)])).contents
    let expected: [Float] = values.count == 3 ? [30, 20, 10] : [7, 7, 7]
    #expect(contents.mean == expected.flatMap { [Float](repeating: $0, count: 36) })
  }

  @Test("A mean file that isn't given is named") func meanFile() throws {
    #expect(
      try imported(net(transforms: [transform(file: "data/mean.binaryproto")])).notes.contains {
        $0.contains("data/mean.binaryproto")
      })
  }

  @Test("What nobody can have meant is refused by its name")
  func refused() throws {
    var spoilt = Self.weights
    spoilt[4] = .nan
    var endless = Self.weights
    endless[5] = .infinity
    let cases: [(path: () throws -> String, words: String)] = [
      ({ try net(transforms: [transform()], weights: spoilt) }, "layer 'conv1': its weights have values that are no finite"),
      ({ try net(transforms: [transform()], weights: endless) }, "layer 'conv1'"),
      ({ try net(transforms: [transform()], alpha: .infinity) }, "norm1"),
      ({ try net(transforms: [transform()], alpha: .nan) }, "norm1"),
      ({ try net(alpha: .infinity) }, "norm1"), ({ try net(transforms: [transform(scale: .nan)]) }, "scale nan"),
      ({ try net(transforms: [transform(scale: 0)]) }, "scale 0"),
      ({ try net(transforms: [transform(mean: [1, 2])]) }, "mean_value"),
      ({ try net(transforms: [transform(mean: [1, 2, .infinity])]) }, "mean_value"),
      ({ try net(transforms: [transform(grey: true)]) }, "force_gray"),
      ({ try net(transforms: [transform(scale: 2), transform()]) }, "different ways"),
      ({ try net(transforms: [transform(crop: 9)]) }, "input of 9 pixels"),
      ({ try net(transforms: [transform(crop: -3)]) }, "input"),
      ({ try net(transforms: [transform(crop: .max)]) }, "input"),
    ]
    for (path, words) in cases {
      let path = try path()
      let error = #expect(throws: InterchangeError.self) { try imported(path) }
      #expect(error?.description.contains(words) == true, "\(words) | in: \(error?.description ?? "nothing")")
    }
    let path = try net(transforms: [transform()])
    let error = #expect(throws: InterchangeError.self) { try imported(path, side: 9) }
    #expect(error?.description.contains("its file says 6") == true, "\(error?.description ?? "")")
  }

  @Test(
    "A file of another kind says what it is",
    arguments: [
      ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"), ("<!DOCTYPE html><html></html>", "HTML page"),
      ("layer {\n  name: \"conv1\"\n}\n", "text that describes a network"), ("", "empty file"),
      ("PK\u{3}\u{4}\u{14}\u{0}archive/data.pkl", "PyTorch"),
      ("\u{58}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}{\"a\":{}}", "safetensors"),
    ])
  func foreign(content: String, words: String) throws {
    _ = try net()
    for name in ["x.caffemodel", "x.mat"] {
      try Data(content.utf8).write(to: URL(fileURLWithPath: folder.path(name)))
      let error = #expect(throws: InterchangeError.self) { try imported(folder.path(name)) }
      #expect(error?.description.contains(words) == true, "\(name): \(error?.description ?? "nothing")")
    }
    try Data(content.utf8).write(to: URL(fileURLWithPath: folder.path("mean.binaryproto")))
    #expect(throws: InterchangeError.self) { try CaffeBlob.mean(folder.path("mean.binaryproto")) }
  }

  @Test(
    "A mean picture's sizes are looked at, also those that overflow",
    arguments: [[1, 3, 0, 0], [3, 1 << 31, 1 << 31, 4], [3, -1, -1], [1, 3, 5000, 1], [2, 2], [1 << 32, 1 << 32]])
  func meanSizes(shape: [Int]) throws {
    let path = folder.path("mean.binaryproto")
    try Data(Self.blob(shape, shape == [1, 3, 5000, 1] ? [Float](repeating: 1, count: 15000) : []).bytes).write(
      to: URL(fileURLWithPath: path))
    #expect(throws: InterchangeError.self) { try CaffeBlob.mean(path) }
  }
}
