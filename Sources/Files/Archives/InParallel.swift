import Foundation
import Synchronization

private struct Progress<Value> {
  var next = 0
  var values: [Value?]
  var failure: FileError?
}

/// The results of `body` for 0 ..< `count`, on as many threads as there are processors; the first error ends the work.
package func inParallel<Value: Sendable>(
  _ count: Int, _ body: @Sendable (Int) throws(FileError) -> Value
) throws(FileError) -> [Value] {
  let state = Mutex(Progress(values: [Value?](repeating: nil, count: count)))
  let threads = min(count, ProcessInfo.processInfo.activeProcessorCount)
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    while true {
      let number = state.withLock { state -> Int? in
        guard state.failure == nil, state.next < count else { return nil }
        state.next += 1
        return state.next - 1
      }
      guard let number else { return }
      do throws(FileError) {
        let value = try body(number)
        state.withLock { $0.values[number] = value }
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
      }
    }
  }
  let (values, failure) = state.withLock { ($0.values, $0.failure) }
  if let failure { throw failure }
  return values.compactMap { $0 }
}
