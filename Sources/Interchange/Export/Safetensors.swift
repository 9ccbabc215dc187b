import Checkpoint
import ConvNet
import Files
import Foundation

/// The safetensors format: the length of a JSON header (8 bytes), the header, then the tensors' bytes one after the other.
///
/// Tensors have the names and shapes of a PyTorch state dict: `conv1.weight` [out, in, kh, kw], `fc6.weight` [out, in] with
/// inputs in C, H, W order, `conv1.bias` [out]; in addition `mean`, [3, H, W], RGB 0–255. The metadata have `format` ("pt"), as
/// JSON `network`, `classes` and `class_names`, and the checkpoint's `digest`. Source: huggingface/safetensors, README, *Format*.
enum Safetensors {
  static func write(_ checkpoint: Checkpoint, mean: [Float], to path: String) throws {
    let contents = checkpoint.contents
    let store = checkpoint.store
    var entries: [String: Any] = [
      "__metadata__": [
        "format": "pt", "network": contents.network.json(), "classes": try json(contents.classes),
        "class_names": try json(contents.classNames), "digest": checkpoint.digest,
      ]
    ]
    var end = 0
    func place(_ name: String, _ shape: [Int]) {
      let count = 4 * shape.reduce(1, *)
      entries[name] = ["dtype": "F32", "shape": shape, "data_offsets": [end, end + count]]
      end += count
    }
    for parameter in store.parameters {
      place("\(parameter.layer).\(parameter.spec.role == .weights ? "weight" : "bias")", parameter.spec.shape)
    }
    let input = contents.network.input
    place("mean", [input.channels, input.height, input.width])
    var header = try JSONSerialization.data(withJSONObject: entries, options: [.sortedKeys, .withoutEscapingSlashes])
    // Spaces after the header make the tensors begin at a multiple of 8 bytes.
    header.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8))
    let start = ProtobufMessage.littleEndian(UInt64(header.count)) + header
    let file = try FileWriter(path)
    try start.withBytes(file.append)
    for parameter in store.parameters { try file.append(UnsafeRawBufferPointer(store.values[parameter.range])) }
    try mean.withBytes(file.append)
    try file.commit()
  }

  private static func json(_ texts: [String]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: texts, options: [.withoutEscapingSlashes]), as: UTF8.self)
  }
}

extension Array {
  /// `withUnsafeBytes` for a body with a typed error.
  fileprivate func withBytes<Failure>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    let result = withUnsafeBytes { bytes in Result { () throws(Failure) in try body(bytes) } }
    try result.get()
  }
}
