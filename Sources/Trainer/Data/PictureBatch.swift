import ConvNet
import Images
import Kernels

/// A batch of input pictures in memory that is used again and again.
///
/// It belongs to one thread at a time: the loader's while it is filled, the consumer's from `next()` to `recycle(_:)`.
public final class PictureBatch: @unchecked Sendable {
  /// The number of pictures that fit; each crop of test time counts as one.
  public let capacity: Int
  public let crop: Int
  /// [capacity, 3, crop, crop], RGB 0–255 minus the mean; the first `count` pictures are valid.
  private let buffer: Tensor
  /// The number of valid pictures: `capacity`, except for the last batch of a finite range.
  public internal(set) var count = 0
  /// [count], the indices of the classes.
  public internal(set) var labels: [Int32]
  /// [count], the global sample numbers: the counter g of training, the sample's index in validation.
  public internal(set) var samples: [Int]

  public init(capacity: Int, crop: Int) throws {
    self.capacity = capacity
    self.crop = crop
    buffer = try Tensor(count: max(1, capacity), shape: Shape(channels: 3, height: crop, width: crop))
    labels = [Int32](repeating: 0, count: capacity)
    samples = [Int](repeating: 0, count: capacity)
    labels.reserveCapacity(capacity)
  }

  /// [count, 3, crop, crop]: the valid pictures.
  public var tensor: Tensor { buffer.prefix(count) }

  /// The planes of one picture: [3, crop, crop].
  func planes(at slot: Int) -> UnsafeMutablePointer<Float> {
    buffer[slot].baseAddress!
  }
}

/// Writes the crop of a resized picture as three planes: value = pixel + colour shift − mean, then the erased rectangle as 0.
///
/// Only what the crop shows is resized.
///
/// - Parameters:
///   - picture: decoded, of any size.
///   - size: of the whole resized picture, in which the transform places the crop.
///   - mean: [3, crop, crop], in the crop's own frame (it isn't mirrored with the picture), or nil.
///   - target: [3, crop, crop].
public func writeInput(
  _ picture: Picture, resizedTo size: PictureSize, transform: InputTransform, crop: Int, mean: [Float]?, resizer: Resizer,
  to target: UnsafeMutablePointer<Float>
) {
  precondition(mean.map { $0.count == 3 * crop * crop } ?? true, "a mean of \(mean?.count ?? 0) values for a crop of \(crop)")
  let plane = crop * crop
  let window = PixelRectangle(x: transform.x, y: transform.y, width: crop, height: crop)
  resizer.forEachRow(of: picture, resizedTo: size, window: window, mirrored: transform.flipped) { y, line, stride in
    for channel in 0..<3 {
      let start = channel * plane + y * crop
      let shift = transform.colourShift[channel]
      if let mean {
        mean.withUnsafeBufferPointer {
          kernels_centre(target + start, line + channel * stride, $0.baseAddress! + start, shift, crop)
        }
      } else {
        kernels_centre(target + start, line + channel * stride, nil, shift, crop)
      }
    }
  }
  if let erased = transform.erased {
    for channel in 0..<3 {
      for y in erased.y..<(erased.y + erased.height) {
        (target + channel * plane + y * crop + erased.x).update(repeating: 0, count: erased.width)
      }
    }
  }
}
