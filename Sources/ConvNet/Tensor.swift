import Sizes

/// Pictures or activations, `[N, C, H, W]` in C order. Copies share the memory.
public struct Tensor: Sendable {
  /// The number of pictures, N.
  public let count: Int
  /// The shape of one picture.
  public let shape: Shape
  public let storage: FlatBuffer

  /// Makes a tensor with memory of its own, all zero.
  /// - Throws: `MemoryError` if there isn't enough memory.
  public init(count: Int, shape: Shape) throws(MemoryError) {
    let storage: FlatBuffer
    do {
      storage = try FlatBuffer(count: CheckedSize.product(count, shape.channels, shape.height, shape.width))
    } catch {
      throw error.naming(.batch, "\(count) pictures or activations \(shape)")
    }
    self.init(count: count, shape: shape, storage: storage)
  }

  /// Makes a view of the first values of `storage`.
  public init(count: Int, shape: Shape, storage: FlatBuffer) {
    precondition(count * shape.count <= storage.count, "\(count) × \(shape) is more than \(storage.count) values")
    self.count = count
    self.shape = shape
    self.storage = storage
  }

  /// All values of all pictures; valid as long as the tensor, or another that shares its memory, exists.
  public var values: UnsafeMutableBufferPointer<Float> { storage[0..<(count * shape.count)] }

  /// The values of one picture, `[C, H, W]`.
  public subscript(picture: Int) -> UnsafeMutableBufferPointer<Float> {
    precondition(picture < count, "picture \(picture) of \(count)")
    return storage[(picture * shape.count)..<((picture + 1) * shape.count)]
  }

  /// Copies the values of a tensor of the same size.
  func copy(_ other: Tensor) { values.baseAddress!.update(from: other.values.baseAddress!, count: other.values.count) }

  /// The first `count` pictures, in the same memory.
  public func prefix(_ count: Int) -> Tensor { Tensor(count: count, shape: shape, storage: storage) }
}
