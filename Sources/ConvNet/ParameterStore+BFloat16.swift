import Kernels
import Sizes

/// All values of a store rounded to bfloat16, in the same order, for plans that read weights in place.
///
/// It belongs to one revision of the values. An optimizer writes it in the same pass over memory as the values. After any other
/// change it is outdated, and is made again as a whole before it is used.
package final class BFloat16Copy: @unchecked Sendable {
  // Unchecked: like the values, it is written by whoever updates them, between the passes of plans.
  /// Two bfloat16 values per Float of storage; index i in `values` is half number i.
  let storage: FlatBuffer
  /// The revision of the values that it holds; nil before it is filled.
  fileprivate(set) var revision: Int?

  fileprivate init(count: Int) throws(MemoryError) { storage = try FlatBuffer(count: (count + 1) / 2) }

  /// The 16 bits of each value.
  package var halves: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: UInt16.self)
  }
}

extension ParameterStore {
  /// Makes the copy at the first call, and marks it as outdated until `renewBFloat16Copy`: values may have been written without a
  /// call of `valuesChanged`.
  func keepBFloat16Copy() throws(MemoryError) -> BFloat16Copy {
    let copy: BFloat16Copy
    if let kept = bfloat16Copy { copy = kept } else { copy = try BFloat16Copy(count: values.count) }
    copy.revision = nil
    bfloat16Copy = copy
    return copy
  }

  /// Makes the copy, if there is one, agree with the values.
  func renewBFloat16Copy(team: ThreadTeam) {
    guard let copy = bfloat16Copy, copy.revision != revision else { return }
    team.split(values.count, grain: 1024) { _, range in
      kernels_to_bf16(copy.halves + range.lowerBound, values.pointer + range.lowerBound, range.count)
    }
    copy.revision = revision
  }

  /// Renews a range of the copy, if there is one, where values have come from elsewhere since the update.
  public func renewBFloat16Copy(of range: Range<Int>) {
    guard let copy = bfloat16Copy else { return }
    kernels_to_bf16(copy.halves + range.lowerBound, values.pointer + range.lowerBound, range.count)
  }

  /// Records that the values of all parameters have changed, and the copy with them.
  package func valuesAndCopyChanged() {
    valuesChanged()
    bfloat16Copy?.revision = revision
  }
}
