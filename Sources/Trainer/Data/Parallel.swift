import Foundation
import Synchronization

/// Calls `body` for every index, on `threads` threads that take one index at a time; the first error ends the work.
///
/// - Parameter progress: called with the number of finished indices, one call at a time.
func forEachInParallel(
  _ indices: Range<Int>, threads: Int, progress: @escaping @Sendable (Int) -> Void = { _ in },
  body: @escaping @Sendable (Int) throws(DataError) -> Void
) throws(DataError) {
  struct State {
    var next: Int
    var finished = 0
    var failure: DataError?
  }
  let state = Mutex(State(next: indices.lowerBound))
  DispatchQueue.concurrentPerform(iterations: max(1, threads)) { _ in
    while true {
      let index = state.withLock { state -> Int? in
        guard state.failure == nil, state.next < indices.upperBound else { return nil }
        state.next += 1
        return state.next - 1
      }
      guard let index else { return }
      do throws(DataError) {
        try body(index)
        state.withLock { state in
          state.finished += 1
          progress(state.finished)
        }
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
      }
    }
  }
  if let failure = state.withLock({ $0.failure }) { throw failure }
}
