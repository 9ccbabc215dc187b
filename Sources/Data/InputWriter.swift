import Files
import Images
import Kernels

extension InputGeometry {
  /// Writes a crop of a picture as three planes, value = pixel + colour shift − mean, then the erased rectangle as 0. Every
  /// picture enters a network through this function. Only the part that the crop shows is resized.
  ///
  /// - Parameters:
  ///   - mean: [3, height, width] in the crop's own frame (it isn't mirrored with the picture); nil for 0.
  ///   - resizer: One per thread.
  ///   - target: [3, height, width].
  public func write(
    _ picture: PreparedPicture, _ transform: InputTransform, mean: [Float]?, resizer: Resizer,
    to target: UnsafeMutablePointer<Float>
  ) {
    precondition(mean.map { $0.count == count } ?? true, "a mean of \(mean?.count ?? 0) values for \(width)×\(height)")
    let plane = width * height
    let window = PixelRectangle(x: transform.x, y: transform.y, width: width, height: height)
    resizer.forEachRow(
      of: picture.decoded, resizedTo: transform.size ?? picture.size, window: window, mirrored: transform.flipped
    ) { y, line, stride in
      for channel in 0..<3 {
        let start = channel * plane + y * width
        let shift = transform.colourShift[channel]
        if let mean {
          mean.withUnsafeBufferPointer {
            kernels_centre(target + start, line + channel * stride, $0.baseAddress! + start, shift, width)
          }
        } else {
          kernels_centre(target + start, line + channel * stride, nil, shift, width)
        }
      }
    }
    guard let erased = transform.erased else { return }
    for channel in 0..<3 {
      for y in erased.y..<(erased.y + erased.height) {
        (target + channel * plane + y * width + erased.x).update(repeating: 0, count: erased.width)
      }
    }
  }

  /// A test crop as it enters the network: [3, height, width], RGB 0–255 minus the mean.
  public func input(_ picture: PreparedPicture, at place: CropPlace, mean: [Float]?) -> [Float] {
    let resizer = Resizer()
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      write(picture, InputTransform(place), mean: mean, resizer: resizer, to: buffer.baseAddress!)
      initialised = count
    }
  }
}

/// The digest of the input that a network gets for one picture: the SHA-256 of its crops, [crops, 3, height, width] as
/// little-endian float32. Equal digests mean equal inputs, bit for bit.
public struct InputDigest: ~Copyable {
  private var hash = SHA256()

  public init() {}

  /// Adds the next crop.
  public mutating func add(_ crop: UnsafeBufferPointer<Float>) { hash.update(UnsafeRawBufferPointer(crop)) }

  /// The digest as 64 hexadecimal digits.
  public consuming func finish() -> String { hash.finish() }
}
