import ConvNet
import Foundation

/// An array in Caffe's files. Source: BVLC/caffe, caffe.proto, `BlobProto`.
struct CaffeBlob {
  /// The newer `shape`, or the older four of num, channels, height and width.
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
    guard shape.allSatisfy({ (0...(1 << 31)).contains($0) }),
      shape.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) == values.count
    else { throw .badData(path, "an array of shape \(shape) has \(values.count) values") }
  }

  /// A mean picture of `[3, H, W]` or `[1, 3, H, W]`, BGR, as RGB.
  /// - Throws: `InterchangeError` when the file can't be read or holds something else.
  static func mean(_ path: String) throws(InterchangeError) -> (values: [Float], shape: Shape) {
    let blob = try withFile(path) { bytes throws(InterchangeError) in try CaffeBlob(bytes, path: path) }
    let shape = blob.shape.drop { $0 == 1 }
    guard shape.count == 3, shape.first == 3 else {
      throw .badData(path, "expected a mean picture [3, H, W], found an array \(blob.shape)")
    }
    let plane = shape.dropFirst().reduce(1, *)
    let planes = (0..<3).map { blob.values[($0 * plane)..<(($0 + 1) * plane)] }
    return (
      Array(planes.reversed().joined()), Shape(channels: 3, height: shape[shape.endIndex - 2], width: shape[shape.endIndex - 1])
    )
  }
}

/// Gives the bytes of a file, which are mapped and not read.
func withFile<Result>(
  _ path: String, _ body: (UnsafeRawBufferPointer) throws(InterchangeError) -> Result
) throws(InterchangeError) -> Result {
  let data: Data
  do {
    data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
  } catch {
    throw .badData(path, "missing, or not to be read by this user")
  }
  let result = data.withUnsafeBytes { bytes in Swift.Result { () throws(InterchangeError) in try body(bytes) } }
  return try result.get()
}
