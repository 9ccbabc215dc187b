import Foundation
import Synchronization

/// Work on threads beside the main one that must be whole before the job ends, for whatever reason it does: a checkpoint on its way
/// to a slow disk.
///
/// The end of a job by an error waits for it, on any rank: see `Communicator.abort`. Only a signal that kills, and mpirun's own
/// end of a job whose rank was killed, don't.
public enum WorkInFlight {
  /// Keeps the work known for as long as it lives.
  public final class Registration: Sendable {
    fileprivate let name: String
    fileprivate let wait: @Sendable (_ seconds: Double) -> Bool

    fileprivate init(_ name: String, _ wait: @escaping @Sendable (Double) -> Bool) {
      (self.name, self.wait) = (name, wait)
    }
  }

  private struct Weak: Sendable { weak var registration: Registration? }

  private static let known = Mutex<[Weak]>([])
  private static let limit = Mutex(StallLimits().limit)

  /// Makes known what the end of the job is to wait for, until the returned value is let go.
  ///
  /// - Parameters:
  ///   - name: for people, `the checkpoint of step 12`.
  ///   - wait: waits until nothing is under way, at most so many seconds; whether nothing is. Any thread may call it.
  public static func register(_ name: String, wait: @escaping @Sendable (_ seconds: Double) -> Bool) -> Registration {
    let registration = Registration(name, wait)
    known.withLock { known in
      known.removeAll { $0.registration == nil }
      known.append(Weak(registration: registration))
    }
    return registration
  }

  /// How long the end of a job waits: as long as a rank may make no progress.
  static func setLimit(_ seconds: Double) { limit.withLock { $0 = seconds } }

  private static var registrations: [Registration] { known.withLock { $0.compactMap(\.registration) } }

  static var isDone: Bool { registrations.allSatisfy { $0.wait(0) } }

  /// Waits until nothing is under way, or the limit is over; says what it waits for when that takes more than a moment.
  ///
  /// - Parameter meanwhile: called many times a second.
  static func finish(_ say: (String) -> Void, meanwhile: () -> Void = {}) {
    let start = ContinuousClock.now
    let end = start + .seconds(limit.withLock { $0 })
    var isSaid = false
    while let pending = registrations.first(where: { !$0.wait(0.02) }) {
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
