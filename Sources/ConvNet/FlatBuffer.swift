import Foundation
import Kernels
import Sizes

/// A page-aligned block of Floats, zero at first, which is freed with the object.
public final class FlatBuffer: @unchecked Sendable {
  // Unchecked: the memory is plain, and the training step decides which thread writes which range, and when.
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int
  private let byteCount: Int
  /// The bytes that are counted against the memory budget of the process.
  private let counted: Int

  /// - Parameters:
  ///   - count: the number of values; nil, for a product that overflowed, is refused.
  ///   - isSparse: true if most of the block may never be written: such pages take no memory, and aren't counted.
  /// - Throws: `MemoryError` if there isn't enough memory.
  public init(count: Int?, isSparse: Bool = false) throws(MemoryError) {
    func purpose() -> String { "\(count.map(String.init) ?? "too many") values" }
    let page = 4096
    let bytes = count.flatMap { CheckedSize.product(max($0, 1), MemoryLayout<Float>.stride) }
    let rounded = bytes.flatMap { CheckedSize.sum($0, page - 1) }.map { $0 / page * page }
    if isSparse {
      try MemoryBudget.process.require(rounded, .other, for: purpose())
    } else {
      try MemoryBudget.process.take(rounded, .other, for: purpose())
    }
    guard let count, let rounded else { preconditionFailure("the budget has taken a size that is none") }
    // The system gives fresh pages as zeros, and they take no memory until they are touched. Huge pages take fewer page faults.
    guard let raw = mmap(nil, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), raw != MAP_FAILED else {
      let reason = String(cString: strerror(errno))
      if !isSparse { MemoryBudget.process.release(rounded) }
      throw MemoryError(.other, purpose: purpose(), wanted: rounded, available: 0, limit: "from the system (\(reason))")
    }
    madvise(raw, rounded, MADV_HUGEPAGE)
    self.count = count
    byteCount = rounded
    counted = isSparse ? 0 : rounded
    pointer = raw.bindMemory(to: Float.self, capacity: rounded / MemoryLayout<Float>.stride)
  }

  deinit {
    munmap(pointer, byteCount)
    MemoryBudget.process.release(counted)
  }

  /// All values.
  public var all: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: pointer, count: count) }

  public subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) is beyond \(count) values")
    return UnsafeMutableBufferPointer(start: pointer + range.lowerBound, count: range.count)
  }

  public func fill(with value: Float) { all.update(repeating: value) }

  /// True if every value of a range is a finite number.
  public func isFinite(_ range: Range<Int>) -> Bool {
    kernels_sum_of_squares(pointer + range.lowerBound, range.count).isFinite
  }
}
