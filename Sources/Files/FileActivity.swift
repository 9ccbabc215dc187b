import Foundation
import Synchronization

/// The files that this process is reading, writing or listing now, and since when. A call to a hung disk or file server never
/// returns; a note that was made before the call can still say which file it was.
public enum FileActivity {
  public enum Action: Int, Sendable {
    case reading = 1, writing, listing

    public var description: String {
      switch self {
      case .reading: "reading"
      case .writing: "writing"
      case .listing: "listing"
      }
    }
  }

  public struct Entry: Sendable, Equatable {
    public let action: Action
    public let path: String
    public let since: ContinuousClock.Instant

    public init(action: Action, path: String, since: ContinuousClock.Instant) {
      (self.action, self.path, self.since) = (action, path, since)
    }

    public var seconds: Double { (ContinuousClock.now - since) / .seconds(1) }
  }

  private static let present = Mutex((next: 0, entries: [Int: Entry]()))

  /// Runs `body`, and notes meanwhile that it works on the file or folder at `path`.
  public static func during<Value, Failure: Error>(
    _ action: Action, _ path: String, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let entry = Entry(action: action, path: path, since: .now)
    let number = present.withLock { state in
      state.next += 1
      state.entries[state.next] = entry
      return state.next
    }
    defer { present.withLock { _ = $0.entries.removeValue(forKey: number) } }
    return try body()
  }

  /// The entry that began first; nil if no file is in use.
  public static var oldest: Entry? {
    present.withLock { $0.entries.values.min { $0.since < $1.since } }
  }
}
