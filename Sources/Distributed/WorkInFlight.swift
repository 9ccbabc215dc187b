import Foundation
import Synchronization

/// Work on threads beside the main one that must be whole before the job ends, for whatever reason it does: a checkpoint on its way
/// to a slow disk.
///
/// The end of a job by an error waits for it, on any rank: see `Communicator.abort`. Only a signal that kills, and mpirun's own
/// end of a job whose rank was killed, don't.
public enum WorkInFlight {
  /// Keeps the work registered while it lives, and longer if something is still under way: an error that ends the job deallocates the
  /// object that holds it, and the work must be waited for after that.
  public final class Registration: Sendable {
    private let number: Int
    private let wait: @Sendable (_ seconds: Double) -> Bool

    fileprivate init(_ number: Int, _ wait: @escaping @Sendable (Double) -> Bool) { (self.number, self.wait) = (number, wait) }

    deinit {
      if wait(0) { WorkInFlight.forget(number) }
    }
  }

  private struct Entry: Sendable {
    let name: String
    let wait: @Sendable (_ seconds: Double) -> Bool
  }

  private struct Known: Sendable {
    var entries: [Int: Entry] = [:]
    var count = 0
  }

  private static let known = Mutex(Known())
  private static let limit = Mutex(StallLimits().limit)

  /// Registers work that the end of the job must wait for, until the returned value is deallocated.
  ///
  /// - Parameters:
  ///   - name: for people, `the checkpoint of step 12`.
  ///   - wait: waits at most so many seconds until nothing is under way; returns whether nothing is. Any thread may call it.
  public static func register(_ name: String, wait: @escaping @Sendable (_ seconds: Double) -> Bool) -> Registration {
    let number = known.withLock { known in
      known.count += 1
      known.entries[known.count] = Entry(name: name, wait: wait)
      return known.count
    }
    return Registration(number, wait)
  }

  private static func forget(_ number: Int) {
    // The result leaves the lock before it is deallocated: what its closure holds may take the lock too.
    _ = known.withLock { $0.entries.removeValue(forKey: number) }
  }

  /// How long the end of a job waits: as long as a rank may make no progress.
  static func setLimit(_ seconds: Double) { limit.withLock { $0 = seconds } }

  private static var entries: [Entry] { known.withLock { Array($0.entries.values) } }

  static var isDone: Bool { entries.allSatisfy { $0.wait(0) } }

  /// Waits until nothing is under way, or the limit is over; after a second it says what it waits for.
  ///
  /// - Parameter meanwhile: called many times a second.
  static func finish(_ say: (String) -> Void, meanwhile: () -> Void = {}) {
    let start = ContinuousClock.now
    let end = start + .seconds(limit.withLock { $0 })
    var isSaid = false
    while let pending = entries.first(where: { !$0.wait(0.02) }) {
      meanwhile()
      if ContinuousClock.now > end {
        say("\(pending.name) is not written yet, and is not waited for any longer")
        return
      }
      if !isSaid, ContinuousClock.now - start > .seconds(1) {
        isSaid = true
        say("the job ends when \(pending.name) is written")
      }
    }
  }
}
