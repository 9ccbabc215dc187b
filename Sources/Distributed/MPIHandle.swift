import CMPI
import Synchronization

/// Owns a communicator or a window that MPI has made for this process.
///
/// All ranks must free such a handle together, but its owner may be let go on any thread, and by an error on one rank alone. So the end
/// of the owner is only noted; the next duplicate that the ranks make, and the end of MPI, free what all of them have let go.
package final class MPIHandle: Sendable {
  enum Kind: Sendable { case communicator, window }

  private struct Entry: Sendable {
    let kind: Kind
    /// The handle's address: pointers aren't Sendable.
    let address: UInt
    var isReleased = false
  }

  /// Those that aren't freed, by their numbers, and how many there have been.
  private static let known = Mutex<(entries: [Int: Entry], count: Int)>(([:], 0))

  private let number: Int

  /// - Note: collective, as the call that made the handle: so all ranks give it the same number.
  init(_ kind: Kind, _ handle: OpaquePointer) {
    let address = UInt(bitPattern: handle)
    number = Self.known.withLock { known in
      known.count += 1
      known.entries[known.count] = Entry(kind: kind, address: address)
      return known.count
    }
  }

  deinit { Self.known.withLock { $0.entries[number]?.isReleased = true } }

  /// Frees what all ranks have let go, the newest first.
  ///
  /// - Returns: how many handles are left.
  /// - Throws: `MPIError`.
  /// - Note: collective
  /// Source: `MPI_Comm_free` and `MPI_Win_free`, MPI-3.1 sections 6.4.3 and 11.2.5.
  @discardableResult
  package static func freeReleased(_ communicator: Communicator) throws(MPIError) -> Int {
    let own = known.withLock { $0.entries.filter(\.value.isReleased).keys.map(String.init).joined(separator: " ") }
    var common: Set<Int>?
    for list in try communicator.allGather(own) {
      let numbers = Set(list.split(separator: " ").compactMap { Int($0) })
      common = common?.intersection(numbers) ?? numbers
    }
    for number in (common ?? []).sorted(by: >) {
      guard let entry = known.withLock({ $0.entries.removeValue(forKey: number) }) else { continue }
      var handle = OpaquePointer(bitPattern: entry.address)
      switch entry.kind {
      case .communicator: try check(MPI_Comm_free(&handle), "MPI_Comm_free", "giving back a communicator")
      case .window: try check(MPI_Win_free(&handle), "MPI_Win_free", "giving back shared memory")
      }
    }
    return known.withLock { $0.entries.count }
  }
}
