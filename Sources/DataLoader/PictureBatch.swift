import ConvNet
import Random

/// A batch of input pictures, in memory that is used again and again.
///
/// Only one thread at a time may use it: a loader thread while it is filled, the consumer from `next()` to `recycle(_:)`.
public final class PictureBatch: @unchecked Sendable {
  // Unchecked: the loader's threads hand it over under their lock, and each writes to places of its own.

  /// The number of pictures that fit; each test crop counts as one.
  public let capacity: Int
  public let crop: Int
  /// [capacity, 3, crop, crop], RGB 0–255 minus the mean; the first `count` pictures are valid.
  private let buffer: Tensor
  /// The number of valid pictures: `capacity`, except for the last batch of a finite range.
  public internal(set) var count = 0
  /// [count], the indices of the classes.
  public internal(set) var labels: [Int32]
  /// [count], the global sample numbers: the counter g in training, the sample's index in validation.
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
  package func planes(at slot: Int) -> UnsafeMutablePointer<Float> { buffer[slot].baseAddress! }
}

extension PictureBatch {
  /// Makes a batch of random pixels from −128 to 127.
  package convenience init(random count: Int, crop: Int, classes: Int, rank: Int) throws {
    try self.init(capacity: count, crop: crop)
    self.count = count
    var random = CounterRandom(seed: 0, purpose: .test, sample: rank)
    for index in tensor.values.indices { tensor.values[index] = random.uniform(in: -128...127) }
    for n in 0..<count {
      labels[n] = Int32(n % classes)
      samples[n] = rank * count + n
    }
  }
}
