import Foundation
import Testing

@testable import Threads

struct NamedThreadTests {
  @Test("A thread has its name from its first moment on")
  func name() async throws {
    for number in 0..<20 {
      let name = await withCheckedContinuation { continuation in
        startThread("thread-\(number)") {
          continuation.resume(returning: try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8))
        }
      }
      #expect(name == "thread-\(number)\n")
    }
  }
}
