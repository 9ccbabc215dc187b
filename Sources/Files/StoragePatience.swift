import Foundation
import Synchronization

/// How this process reads from a storage that is away for a while: again and again, with growing pauses, up to `seconds`. A bad
/// file fails at once (`StorageFault` tells the two apart), and nothing is ever put in the place of what can't be read now.
///
/// That it waits is said once when it begins, by whichever thread is the first, and once when it is over.
public enum StoragePatience {
  /// Why a read was given up.
  public struct Trouble: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
      /// The storage stayed away.
      case away
      /// Somebody asked the process to stop, and it stopped waiting.
      case stopped
    }

    public let kind: Kind
    public let description: String
  }

  public struct Settings: Sendable {
    /// How long a read is tried again. The program has its own default.
    public var seconds = 0.0
    /// Gets sentences for the log.
    public var log: @Sendable (String) -> Void = { _ in }
    /// Whether waiting is to end at once.
    public var isStopRequested: @Sendable () -> Bool = { false }

    public init(
      seconds: Double = 0, log: @escaping @Sendable (String) -> Void = { _ in },
      isStopRequested: @escaping @Sendable () -> Bool = { false }
    ) {
      (self.seconds, self.log, self.isStopRequested) = (seconds, log, isStopRequested)
    }
  }

  private static let chosen = Mutex(Settings())
  /// The threads that wait now, since when the first of them does, and the sign of life of all of them.
  private static let waiting = Mutex((threads: 0, since: ContinuousClock.now))
  private static let signs = Atomic(0)
  /// The folders that something was read from.
  private static let known = Mutex<[FileName: StorageFault.Identity?]>([:])
  /// How long a folder is waited for that this process has never seen: its name may be a slip of the pen.
  public static let secondsForUnknown = 5.0

  /// For the whole process.
  public static var settings: Settings {
    get { chosen.withLock { $0 } }
    set { chosen.withLock { $0 = newValue } }
  }

  /// Whether any thread waits for the storage now.
  public static var isWaiting: Bool { waiting.withLock { $0.threads > 0 } }
  /// Grows while any thread waits.
  public static var signsOfLife: Int { signs.load(ordering: .relaxed) }

  /// Reads with patience.
  ///
  /// - Parameters:
  ///   - path: of the file, or of the folder that is listed.
  ///   - listing: whether it is a folder.
  ///   - code: the error number of the system call that failed; nil for any other failure, which is thrown at once.
  ///   - otherReads: see `StorageFault.verdict`; nil asks other files of the folder.
  ///   - givingUp: makes the error that says that the storage stayed away.
  ///   - attempt: reads; called again after a fault of the storage.
  /// - Throws: what `attempt` throws for a bad file, and `givingUp`.
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
        // A folder that its own folder has named a moment ago.
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

  /// Says that a folder has been read or listed.
  public static func note(folder: FileName) {
    if isKnown(folder: folder) { return }
    let identity = StorageFault.Identity(of: folder)
    known.withLock { $0[folder] = .some(identity) }
  }

  /// Which folder it was when it was first read or listed; nil when it never was.
  static func identity(ofKnown folder: FileName) -> StorageFault.Identity? { known.withLock { $0[folder] ?? nil } }

  /// Whether a folder has been read or listed by this process.
  public static func isKnown(folder: FileName) -> Bool { known.withLock { $0[folder] != nil } }

  /// The same for a path of text.
  public static func read<Value, Failure: Error>(
    _ path: String, listing: Bool = false, code: (Failure) -> Int32?, otherReads: (() -> Bool?)? = nil,
    givingUp: (Trouble) -> Failure, _ attempt: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try read(FileName(path), listing: listing, code: code, otherReads: otherReads, givingUp: givingUp, attempt)
  }

  /// Waits until `isThere` says so: for folders that were there before.
  ///
  /// - Parameters:
  ///   - problem: what is amiss, as a sentence for the log.
  ///   - atMost: seconds, where they are fewer than those of the settings.
  public static func wait(for problem: String, atMost: Double = .infinity, until isThere: () -> Bool) throws(Trouble) {
    if isThere() { return }
    var wait = Wait(problem, atMost: atMost)
    defer { wait.end() }
    while !isThere() {
      if let trouble = wait.pause() { throw trouble }
    }
    wait.succeeded = true
  }

  /// Whether a byte of a file comes from the disk, past what is kept in memory; nil for what is no file.
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

    /// Sleeps, and returns why to give up, or nil to try again.
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

/// An error that may come of the storage, and then says nothing of the file that it names: nobody should note it as bad.
public protocol StorageRelated: Error {
  /// Nil for an error of the file.
  var storageTrouble: StoragePatience.Trouble.Kind? { get }
}
