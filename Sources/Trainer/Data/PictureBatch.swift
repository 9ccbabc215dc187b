import ConvNet
import Images

/// A batch of input pictures in memory that is used again and again.
///
/// It belongs to one thread at a time: the loader's while it is filled, the consumer's from `next()` to `recycle(_:)`.
public final class PictureBatch: @unchecked Sendable {
  /// The number of pictures that fit.
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

  public init(capacity: Int, crop: Int) {
    self.capacity = capacity
    self.crop = crop
    buffer = Tensor(count: max(1, capacity), shape: Shape(channels: 3, height: crop, width: crop))
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

/// Writes the crop of a picture as three planes: value = pixel + colour shift − mean, then the erased rectangle as 0.
///
/// - Parameters:
///   - mean: [3, crop, crop], in the crop's own frame (it isn't mirrored with the picture), or nil.
///   - target: [3, crop, crop].
public func writeInput(
  _ picture: Picture, transform: InputTransform, crop: Int, mean: [Float]?, to target: UnsafeMutablePointer<Float>
) {
  precondition(
    transform.x >= 0 && transform.y >= 0 && transform.x + crop <= picture.width && transform.y + crop <= picture.height,
    "a crop of \(crop) at (\(transform.x), \(transform.y)) of a \(picture)")
  precondition(mean.map { $0.count == 3 * crop * crop } ?? true, "a mean of \(mean?.count ?? 0) values for a crop of \(crop)")
  let plane = crop * crop
  let step = transform.flipped ? -3 : 3
  picture.pixels.withUnsafeBufferPointer { pixels in
    for y in 0..<crop {
      let row = ((transform.y + y) * picture.width + transform.x) * 3
      var from = pixels.baseAddress! + row + (transform.flipped ? (crop - 1) * 3 : 0)
      let red = target + y * crop
      let (green, blue) = (red + plane, red + 2 * plane)
      for x in 0..<crop {
        red[x] = Float(from[0])
        green[x] = Float(from[1])
        blue[x] = Float(from[2])
        from += step
      }
    }
  }
  if transform.colourShift != SIMD3() {
    for channel in 0..<3 {
      let shift = transform.colourShift[channel]
      for index in (channel * plane)..<((channel + 1) * plane) { target[index] += shift }
    }
  }
  mean?.withUnsafeBufferPointer { mean in
    for index in 0..<(3 * plane) { target[index] -= mean[index] }
  }
  if let erased = transform.erased {
    for channel in 0..<3 {
      for y in erased.y..<(erased.y + erased.height) {
        (target + channel * plane + y * crop + erased.x).update(repeating: 0, count: erased.width)
      }
    }
  }
}
