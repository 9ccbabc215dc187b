import ConvNet
import Foundation

/// Reads a `.caffemodel`: a `NetParameter` with `layers` (V1) or `layer` messages.
///
/// Caffe's nets take BGR, so the channels of the first layer's weights are reversed. Its LRN divides alpha by the size. As in
/// this program, its pooling rounds up, and its fully connected layers take inputs in C, H, W order. Source: BVLC/caffe,
/// caffe.proto.
enum CaffeModel {
  static func read(_ path: String) throws(InterchangeError) -> ImportedNetwork {
    try withFile(path) { bytes throws(InterchangeError) in try read(bytes, path: path) }
  }

  private static func read(_ bytes: UnsafeRawBufferPointer, path: String) throws(InterchangeError) -> ImportedNetwork {
    let message = try ProtobufReader(bytes, path: path)
    let newer = message.bytes(100)
    let messages = newer.isEmpty ? message.bytes(2) : newer
    guard !messages.isEmpty else {
      throw .badData(path, "expected a .caffemodel, found no layers in it")
    }
    var imported = ImportedNetwork(name: message.text(1) ?? "caffe", layers: [])
    imported.side = try inputSide(message, path)
    var aliases: [String: String] = [:]
    var current: String?
    var transform: CaffeTransform?
    for bytes in messages {
      let layer = try CaffeLayer(bytes, isNewer: !newer.isEmpty, path: path)
      switch layer.type {
      case "Input", "Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "DummyData":
        imported.side = try layer.inputSide() ?? imported.side
        if let found = try layer.transform() {
          // Data layers for training and for testing must agree, because the file doesn't state which of them the weights are
          // for.
          guard transform == nil || transform == found else {
            throw .badData(path, "its data layers treat pixels in different ways (\(layer.name)); remove one and save it again")
          }
          transform = found
        }
        current = current ?? layer.tops.first
        continue
      case "Accuracy", "Softmax", "SoftmaxWithLoss", "Silence", "ArgMax": continue
      case "Split", "Flatten":
        for top in layer.tops { aliases[top] = layer.bottoms.first.map { aliases[$0] ?? $0 } }
        continue
      default: break
      }
      let bottom = layer.bottoms.first.map { aliases[$0] ?? $0 }
      guard layer.bottoms.count == 1, layer.tops.count == 1, current == nil || bottom == current else {
        throw .badData(
          path, "\(layer.name) takes \(layer.bottoms), expected '\(current ?? "")' alone: deepinside's networks are chains")
      }
      current = layer.tops.first
      imported.layers.append(try layer.imported(isFirst: imported.layers.isEmpty))
    }
    if let transform { imported.apply(transform) }
    return imported
  }

  /// The side of the input, from `input_dim` or `input_shape`; nil if neither is there.
  private static func inputSide(_ message: ProtobufReader, _ path: String) throws(InterchangeError) -> Int? {
    var dimensions = try message.integers(4, path: path)
    if let shape = message.bytes(8).first { dimensions = try ProtobufReader(shape, path: path).integers(1, path: path) }
    return try side(ofInput: dimensions, path)
  }

  /// The side of an input [N, 3, side, side]; nil if there are no dimensions.
  static func side(ofInput dimensions: [Int], _ path: String) throws(InterchangeError) -> Int? {
    if dimensions.isEmpty { return nil }
    guard dimensions.count == 4, dimensions[1] == 3, dimensions[2] == dimensions[3] else {
      throw .badData(
        path, "its input is \(dimensions), expected [N, 3, side, side]: deepinside's networks take square RGB pictures")
    }
    return dimensions[3]
  }
}
