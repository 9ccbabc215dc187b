import Foundation

/// A page-aligned block of Floats, zero at first, freed with its owner.
public final class FlatBuffer: @unchecked Sendable {
  // Unchecked: the memory is plain, and the training step decides who writes which range when.
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int
  private let byteCount: Int

  public init(count: Int) {
    self.count = count
    let page = 4096
    byteCount = (max(count, 1) * MemoryLayout<Float>.stride + page - 1) / page * page
    // Fresh pages are zero, and cost nothing until they are used; large ones take fewer faults.
    guard
      let raw = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), raw != MAP_FAILED
    else { preconditionFailure("no memory for \(byteCount) bytes: \(String(cString: strerror(errno)))") }
    madvise(raw, byteCount, MADV_HUGEPAGE)
    pointer = raw.bindMemory(to: Float.self, capacity: byteCount / MemoryLayout<Float>.stride)
  }

  deinit { munmap(pointer, byteCount) }

  /// All of it, or a range of it.
  public var all: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }

  public subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) is beyond \(count) values")
    return UnsafeMutableBufferPointer(start: pointer + range.lowerBound, count: range.count)
  }

  public func fill(with value: Float) { all.update(repeating: value) }
}
