import Foundation
import Kernels

/// The threads that share the loops of a plan. It is libgomp's team, which OpenMP libraries in the same process use too.
public struct ThreadTeam: Sendable {
  public let workers: Int

  public init(workers: Int = ThreadTeam.available) {
    precondition(workers > 0, "a team has at least one worker")
    self.workers = workers
  }

  /// OMP_NUM_THREADS if it is set, otherwise the number of processors that this process may use, limited by its quota.
  public static var available: Int {
    if let text = ProcessInfo.processInfo.environment["OMP_NUM_THREADS"], let count = Int(text), count > 0 { return count }
    return Int(kernels_available_processors())
  }

  /// The environment variable that says how long libgomp's threads look for new work before they sleep, in turns of a loop. It is
  /// read once, when the library is loaded. Source: libgomp's manual, GOMP_SPINCOUNT
  public static let waitingVariable = "GOMP_SPINCOUNT"

  /// A better value of `waitingVariable`; nil if the user has set it or OMP_WAIT_POLICY.
  ///
  /// By default threads look for work for milliseconds. If another program holds one thread up, all others keep their processors
  /// busy with looking, and the system can't move the thread that is held up to one of them. A thread should look for about as
  /// long as waking takes, which grows with the team.
  public static var betterWaiting: String? {
    let environment = ProcessInfo.processInfo.environment
    let isChosen = environment[waitingVariable] != nil || environment["OMP_WAIT_POLICY"] != nil
    return isChosen ? nil : "\(300 * available)"
  }

  /// Runs `body(worker)` once per worker, all at the same time, and waits until all have finished.
  public func run(_ body: @Sendable (Int) -> Void) {
    guard workers > 1 else { return body(0) }
    #if compiler(>=6.2) && compiler(<6.4)
      runClosure(Int32(workers), body)
    #else
      runThroughPointer(body)
    #endif
  }

  /// Does the same in documented Swift. It allocates a small block per call, because a closure that goes through a pointer must
  /// escape.
  func runThroughPointer(_ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: TeamBody(run: body)) { context in
        kernels_run_team(
          Int32(workers), { worker, context in context?.assumingMemoryBound(to: TeamBody.self).pointee.run(worker) }, context)
      }
    }
  }

  /// Cuts 0 ..< `count` into one contiguous range per worker, with sizes that differ by at most `grain`. The cut depends on
  /// `count`, `grain` and the number of workers alone.
  public func split(_ count: Int, grain: Int = 1, _ body: @Sendable (_ worker: Int, _ range: Range<Int>) -> Void) {
    let grains = (count + grain - 1) / grain
    run { worker in
      let first = min(grains * worker / workers * grain, count)
      let last = min(grains * (worker + 1) / workers * grain, count)
      if first < last { body(worker, first..<last) }
    }
  }
}

private struct TeamBody {
  let run: @Sendable (Int) -> Void
}

/// Runs a closure on libgomp's team, in Kernels/team.c. Swift's own calling convention passes a closure as a function and a
/// context on the stack, so that a loop allocates nothing.
///
/// Swift doesn't document that convention for C on Linux. So `run` uses it only with compilers with which ThreadTeamTests and
/// AllocationTests have passed. Run these tests with a newer compiler before admitting it there.
@_silgen_name("kernels_run_closure")
private func runClosure(_ workers: Int32, _ body: @Sendable (Int) -> Void)

/// A pointer to memory that the workers of a team share.
package struct SharedPointer<Pointee>: @unchecked Sendable {
  // Unchecked: the cut of a loop gives each worker its own places. The memory outlives the loop, which waits for all workers.
  package let pointer: UnsafeMutablePointer<Pointee>

  package init(_ pointer: UnsafeMutablePointer<Pointee>) { self.pointer = pointer }
}
