import Kernels
import Sizes

/// All values of a store rounded to bfloat16, in the same order: for plans that read weights in place.
///
/// It is as good as the revision of the values that it was made from. `SGD.update` writes it in the same pass over memory as the
/// values; after any other change it is behind, and is renewed as a whole before it is used.
final class BFloat16Copy: @unchecked Sendable {
  // Unchecked: like the values, it is written by whoever updates them, between the passes of plans.
  /// Two values a Float; that of index i in `values` is the i-th half.
  let storage: FlatBuffer
  /// Of the values that it holds; nil before the first.
  fileprivate(set) var revision: Int?

  fileprivate init(count: Int) throws(MemoryError) { storage = try FlatBuffer(count: (count + 1) / 2) }

  /// The bits of each value.
  var halves: UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: UInt16.self)
  }
}

extension ParameterStore {
  /// The copy, kept from now on, which is behind until `renewBFloat16Copy`: whoever makes a plan may have filled in values
  /// without a word.
  func keepBFloat16Copy() throws(MemoryError) -> BFloat16Copy {
    let copy: BFloat16Copy
    if let kept = bfloat16Copy { copy = kept } else { copy = try BFloat16Copy(count: values.count) }
    copy.revision = nil
    bfloat16Copy = copy
    return copy
  }

  /// Brings the copy, if there is one, up to the values.
  func renewBFloat16Copy(team: ThreadTeam) {
    guard let copy = bfloat16Copy, copy.revision != revision else { return }
    team.split(values.count, grain: 1024) { _, range in
      kernels_to_bf16(copy.halves + range.lowerBound, values.pointer + range.lowerBound, range.count)
    }
    copy.revision = revision
  }

  /// Brings the copy, if there is one, up to values of a range that have come from elsewhere since `SGD.update`.
  public func renewBFloat16Copy(of range: Range<Int>) {
    guard let copy = bfloat16Copy else { return }
    kernels_to_bf16(copy.halves + range.lowerBound, values.pointer + range.lowerBound, range.count)
  }

  /// Says that all parameters' values have changed, and the copy with them.
  func valuesAndCopyChanged() {
    valuesChanged()
    bfloat16Copy?.revision = revision
  }
}
