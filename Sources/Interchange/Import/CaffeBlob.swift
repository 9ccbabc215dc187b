import ConvNet
import Files
import Foundation
import Sizes

/// An array in a file of Caffe. Source: BVLC/caffe, caffe.proto, `BlobProto`.
struct CaffeBlob {
  /// The newer field `shape`, or the older four fields num, channels, height and width.
  let shape: [Int]
  let values: [Float]

  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(InterchangeError) {
    let message = try ProtobufReader(bytes, path: path)
    if let shape = message.bytes(7).last {
      self.shape = try ProtobufReader(shape, path: path).integers(1, path: path)
    } else {
      shape = (1...4).map { message.integer($0) ?? 0 }
    }
    values = message.floats(5)
    guard CheckedSize.product(shape) == values.count else {
      throw .badData(path, "an array of shape \(shape) has \(values.count) values")
    }
  }

  /// Reads a mean picture of `[3, H, W]` or `[1, 3, H, W]` in BGR; returns it in RGB.
  /// - Throws: `InterchangeError` if the file can't be read or holds something else.
  static func mean(_ path: String) throws(InterchangeError) -> (values: [Float], shape: Shape) {
    let blob = try withFile(path) { bytes throws(InterchangeError) in try CaffeBlob(bytes, path: path) }
    // Drops leading sizes of 1, but not those of a mean colour [1, 3, 1, 1].
    let shape = blob.shape.count > 3 ? blob.shape.drop { $0 == 1 } : blob.shape[...]
    guard shape.count == 3, shape.first == 3, shape.dropFirst().allSatisfy({ (1...Network.largestInputSide).contains($0) }) else {
      throw .badData(
        path, "expected a mean picture [3, H, W], no side above \(Network.largestInputSide), found an array \(blob.shape)")
    }
    guard blob.values.allSatisfy(\.isFinite) else { throw .badData(path, "the mean has values that are no finite numbers") }
    let plane = shape.dropFirst().reduce(1, *)
    let planes = (0..<3).map { blob.values[($0 * plane)..<(($0 + 1) * plane)] }
    return (
      Array(planes.reversed().joined()), Shape(channels: 3, height: shape[shape.endIndex - 2], width: shape[shape.endIndex - 1])
    )
  }
}

/// Calls `body` with the bytes of a file, which is mapped into memory and not read.
///
/// - Throws: `InterchangeError`, which says what the file is if it is plainly of another kind; and what `body` throws.
func withFile<Result>(
  _ path: String, _ body: (UnsafeRawBufferPointer) throws(InterchangeError) -> Result
) throws(InterchangeError) -> Result {
  let data: Data
  do {
    data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
  } catch {
    throw .badData(path, "missing, or not to be read by this user")
  }
  if let foreign = ForeignFile.recognised(data) {
    throw .badData(path, "expected Caffe's binary form (Protocol Buffers), found \(foreign.sentence)")
  }
  let result = data.withUnsafeBytes { bytes in Swift.Result { () throws(InterchangeError) in try body(bytes) } }
  return try result.get()
}
