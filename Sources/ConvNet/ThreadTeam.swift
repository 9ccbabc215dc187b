import Foundation
import Kernels

/// The threads that share the loops of a plan: libgomp's team, which OpenMP libraries in the same process use too.
public struct ThreadTeam: Sendable {
  public let workers: Int

  public init(workers: Int = ThreadTeam.available) {
    precondition(workers > 0, "a team has at least one worker")
    self.workers = workers
  }

  /// OMP_NUM_THREADS where it is set, else the processors that this process may run on, as far as a quota goes.
  public static var available: Int {
    if let text = ProcessInfo.processInfo.environment["OMP_NUM_THREADS"], let count = Int(text), count > 0 { return count }
    return Int(kernels_available_processors())
  }

  /// The variable that says how long libgomp's threads look for new work before they sleep, in turns of a loop. It is read once, when
  /// the library is loaded. Source: libgomp's manual, GOMP_SPINCOUNT
  public static let waitingVariable = "GOMP_SPINCOUNT"

  /// What `waitingVariable` should say; nil where somebody has chosen.
  ///
  /// By default threads look for milliseconds. While one of them is held up by another program, all others keep their processors busy
  /// with looking, and so the system can't move it to one of these. A thread should look for about as long as waking takes,
  /// which grows with the team.
  public static var betterWaiting: String? {
    let environment = ProcessInfo.processInfo.environment
    let isChosen = environment[waitingVariable] != nil || environment["OMP_WAIT_POLICY"] != nil
    return isChosen ? nil : "\(300 * available)"
  }

  /// Runs `body(worker)` once for each worker, at the same time, and waits for all.
  public func run(_ body: (Int) -> Void) {
    guard workers > 1 else { return body(0) }
    runTeam(Int32(workers), body)
  }

  /// Cuts 0 ..< `count` into one contiguous range a worker, of sizes that differ by `grain` at most; the cut depends on
  /// `count` and the number of workers alone.
  public func split(_ count: Int, grain: Int = 1, _ body: (_ worker: Int, _ range: Range<Int>) -> Void) {
    let grains = (count + grain - 1) / grain
    run { worker in
      let first = min(grains * worker / workers * grain, count)
      let last = min(grains * (worker + 1) / workers * grain, count)
      if first < last { body(worker, first..<last) }
    }
  }
}

/// In Kernels/team.c. A closure that goes through a pointer must be boxed, twice, in every call; as an argument of Swift's own
/// calling convention it is a function and a context on the stack, and a loop allocates nothing.
@_silgen_name("kernels_run_team")
private func runTeam(_ workers: Int32, _ body: (Int) -> Void)
