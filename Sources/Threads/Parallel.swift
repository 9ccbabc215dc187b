import Foundation
import Synchronization

private struct ParallelWork<Failure: Error> {
  var next: Int
  var finished = 0
  var failure: Failure?
}

/// Calls `body` for every index, on `threads` threads that take one index at a time. After an error no further index is begun.
///
/// - Parameter progress: Called with the number of finished indices, by one thread at a time.
package func forEachInParallel<Failure: Error>(
  _ indices: Range<Int>, threads: Int, progress: @Sendable (Int) -> Void = { _ in },
  body: @Sendable (Int) throws(Failure) -> Void
) throws(Failure) {
  let state = Mutex(ParallelWork<Failure>(next: indices.lowerBound))
  DispatchQueue.concurrentPerform(iterations: max(1, threads)) { _ in
    while true {
      let index = state.withLock { state -> Int? in
        guard state.failure == nil, state.next < indices.upperBound else { return nil }
        state.next += 1
        return state.next - 1
      }
      guard let index else { return }
      do throws(Failure) {
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

/// The results of `body` for 0 ..< `count`, computed on as many threads as there are processors. After an error no further one is
/// begun.
package func inParallel<Value: Sendable, Failure: Error>(
  _ count: Int, _ body: @Sendable (Int) throws(Failure) -> Value
) throws(Failure) -> [Value] {
  let values = Mutex([Value?](repeating: nil, count: count))
  let threads = min(count, ProcessInfo.processInfo.activeProcessorCount)
  try forEachInParallel(0..<count, threads: threads) { (number) throws(Failure) in
    let value = try body(number)
    values.withLock { $0[number] = value }
  }
  return values.withLock { $0.compactMap { $0 } }
}
