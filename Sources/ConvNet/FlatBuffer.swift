import Foundation

/// A page-aligned block of Floats, zero at first, freed with its owner.
public final class FlatBuffer: @unchecked Sendable {
  // Unchecked: the memory is plain, and the training step decides who writes which range when.
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int

  public init(count: Int) {
    self.count = count
    let page = 4096
    let bytes = (max(count, 1) * MemoryLayout<Float>.stride + page - 1) / page * page
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: page)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    pointer = raw.assumingMemoryBound(to: Float.self)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  /// All of it, or a range of it.
  public var all: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }

  public subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) is beyond \(count) values")
    return UnsafeMutableBufferPointer(start: pointer + range.lowerBound, count: range.count)
  }

  public func fill(with value: Float) { all.update(repeating: value) }
}
