import Foundation
import Synchronization

/// How this process reads from a storage that is away for a while: it tries again and again, with growing pauses, for up to
/// `seconds`. A bad file fails at once (`StorageFault` tells the two apart), and nothing ever takes the place of what can't be
/// read now.
///
/// The log says once that the process waits, when the first thread begins to wait, and once that the wait is over.
public enum StoragePatience {
  /// The reason for giving up a read.
  public struct Trouble: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
      /// The storage stayed away.
      case away
      /// The process was asked to stop, and stopped waiting.
      case stopped
    }

    public let kind: Kind
    public let description: String
  }

  public struct Settings: Sendable {
    /// The time for which a read is tried again, in seconds. The program sets its own default.
    public var seconds = 0.0
    /// Takes sentences for the log.
    public var log: @Sendable (String) -> Void = { _ in }
    /// Returns true if waiting is to end at once.
    public var isStopRequested: @Sendable () -> Bool = { false }

    public init(
      seconds: Double = 0, log: @escaping @Sendable (String) -> Void = { _ in },
      isStopRequested: @escaping @Sendable () -> Bool = { false }
    ) {
      (self.seconds, self.log, self.isStopRequested) = (seconds, log, isStopRequested)
    }
  }

  private static let chosen = Mutex(Settings())
  /// The number of threads that wait now, and since when the first of them does. `signs` is a counter that grows while they wait.
  private static let waiting = Mutex((threads: 0, since: ContinuousClock.now))
  private static let signs = Atomic(0)
  /// The folders that this process has read from or listed.
  private static let known = Mutex<[FileName: StorageFault.Identity?]>([:])
  /// The time for which this process waits for a folder that it has never seen, in seconds: the name may be mistyped.
  public static let secondsForUnknown = 5.0

  /// The settings of the whole process.
  public static var settings: Settings {
    get { chosen.withLock { $0 } }
    set { chosen.withLock { $0 = newValue } }
  }

  /// True if any thread waits for the storage now.
  public static var isWaiting: Bool { waiting.withLock { $0.threads > 0 } }
  /// A counter that grows while any thread waits.
  public static var signsOfLife: Int { signs.load(ordering: .relaxed) }

  /// Calls `attempt` again until the storage is back or the patience is over.
  ///
  /// - Parameters:
  ///   - path: The path of the file, or of the folder that is listed.
  ///   - listing: true if it is a folder.
  ///   - code: Returns the error number of the system call that failed; nil for any other failure, which is thrown at once.
  ///   - otherReads: See `StorageFault.verdict`; nil looks at other files of the folder.
  ///   - givingUp: Makes the error which says that the storage stayed away.
  ///   - attempt: Reads once.
  /// - Throws: What `attempt` throws for a bad file, or what `givingUp` makes.
  public static func read<Value, Failure: Error>(
    _ path: FileName, listing: Bool = false, code: (Failure) -> Int32?, otherReads: (() -> Bool?)? = nil,
    givingUp: (Trouble) -> Failure,
    _ attempt: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    var wait: Wait?
    defer { wait?.end() }
    while true {
      do {
        let value = try FileActivity.during(listing ? .listing : .reading, path.written, attempt)
        wait?.succeeded = true
        note(folder: listing ? path : path.folder)
        return value
      } catch {
        guard let code = code(error) else { throw error }
        // This folder was just found in the listing of the folder above it.
        let isLostFolder = listing && code == ENOENT && isKnown(folder: path.folder)
        let others = otherReads ?? { StorageFault.isNeighbourReadable(of: path) }
        guard isLostFolder || StorageFault.verdict(code, path, otherReads: others) == .storage else { throw error }
        if wait == nil {
          let isUnknown = code == ENOENT && !isKnown(folder: path.folder)
          wait = Wait("\(error)", atMost: isUnknown ? secondsForUnknown : .infinity)
        }
        if let trouble = wait?.pause() { throw givingUp(trouble) }
      }
    }
  }

  /// Records that a folder has been read or listed.
  public static func note(folder: FileName) {
    if isKnown(folder: folder) { return }
    let identity = StorageFault.Identity(of: folder)
    known.withLock { $0[folder] = .some(identity) }
  }

  /// The identity of a folder when it was first read or listed; nil if it never was.
  static func identity(ofKnown folder: FileName) -> StorageFault.Identity? { known.withLock { $0[folder] ?? nil } }

  /// True if this process has read or listed the folder.
  public static func isKnown(folder: FileName) -> Bool { known.withLock { $0[folder] != nil } }

  /// Reads from a path given as text.
  public static func read<Value, Failure: Error>(
    _ path: String, listing: Bool = false, code: (Failure) -> Int32?, otherReads: (() -> Bool?)? = nil,
    givingUp: (Trouble) -> Failure, _ attempt: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try read(FileName(path), listing: listing, code: code, otherReads: otherReads, givingUp: givingUp, attempt)
  }

  /// Waits until `isThere` returns true; for folders that were there before.
  ///
  /// - Parameters:
  ///   - problem: What is wrong, as a sentence for the log.
  ///   - atMost: The most seconds to wait, if fewer than those of the settings.
  public static func wait(for problem: String, atMost: Double = .infinity, until isThere: () -> Bool) throws(Trouble) {
    if isThere() { return }
    var wait = Wait(problem, atMost: atMost)
    defer { wait.end() }
    while !isThere() {
      if let trouble = wait.pause() { throw trouble }
    }
    wait.succeeded = true
  }

  /// True if a byte of a file can be read from the disk itself, past the page cache; nil if there is no such file or byte.
  public static func isReadable(_ path: String, at offset: Int) -> Bool? { StorageFault.isReadable(FileName(path), at: offset) }

  /// One thread's wait.
  private struct Wait {
    let problem: String
    let patience: Double
    let begin = ContinuousClock.now
    var succeeded = false
    private var nextPause = 0.05

    init(_ problem: String, atMost: Double = .infinity) {
      self.problem = problem
      let settings = StoragePatience.settings
      patience = min(settings.seconds, atMost)
      let isFirst = waiting.withLock { state in
        if state.threads == 0 { state.since = .now }
        state.threads += 1
        return state.threads == 1
      }
      if isFirst, patience > 0 {
        settings.log("waiting for the storage, up to \(Self.text(patience)) (--io-patience): \(problem)")
      }
    }

    /// Sleeps; returns the reason to give up, or nil to try again.
    mutating func pause() -> Trouble? {
      let settings = StoragePatience.settings
      let now = ContinuousClock.now
      let passed = (now - begin) / .seconds(1)
      guard passed < patience else {
        let waited = patience > 0 ? "; it was waited for for \(Self.text(passed)) (--io-patience)" : ""
        return Trouble(kind: .away, description: problem + waited)
      }
      let end = now + .seconds(min(nextPause, patience - passed + 0.001))
      nextPause = min(nextPause * 2, 5)
      while ContinuousClock.now < end {
        if settings.isStopRequested() {
          return Trouble(kind: .stopped, description: "stopped on request while waiting for the storage: \(problem)")
        }
        signs.wrappingAdd(1, ordering: .relaxed)
        Thread.sleep(forTimeInterval: min(0.1, max(0.001, (end - ContinuousClock.now) / .seconds(1))))
      }
      return nil
    }

    func end() {
      let (isLast, since) = waiting.withLock { state in
        state.threads -= 1
        return (state.threads == 0, state.since)
      }
      guard isLast, succeeded else { return }
      StoragePatience.settings.log("the storage is back after \(Self.text((ContinuousClock.now - since) / .seconds(1)))")
    }

    private static func text(_ seconds: Double) -> String {
      seconds < 10 ? String(format: "%.1f s", seconds) : "\(Int(seconds.rounded())) s"
    }
  }
}

/// An error whose cause may be the storage. It then says nothing about the file that it names, which must not be recorded as bad.
public protocol StorageRelated: Error {
  /// The trouble with the storage; nil if the error is one of the file itself.
  var storageTrouble: StoragePatience.Trouble.Kind? { get }
}
