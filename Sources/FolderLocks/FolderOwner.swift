import Files
import Foundation

/// The process that holds a folder's lock: the contents of the lock's file, as JSON.
public struct FolderOwner: Codable, Sendable, Hashable, CustomStringConvertible {
  /// A random id of this hold; no two are the same.
  public let id: String
  /// The process's command, such as `train`.
  public let command: String
  public let host: String
  public let process: Int32
  /// The clock ticks from the host's start to the process's start: they tell it from a later process with the same number.
  /// Source: proc(5), stat
  public let processStart: UInt64
  /// Tells apart two starts of the host and two containers: process numbers have a meaning only within one of them.
  public let processSpace: String
  /// The id of the batch job; nil outside of one.
  public let batchJob: String?
  /// The number of times that the batch system has put the job back into the queue.
  public let requeues: Int
  /// The time at which the hold began, by the holder's clock: only for people.
  public let since: String

  /// Makes the owner that stands for this process.
  public init(command: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.init(
      command: command, process: getpid(), batchJob: environment["SLURM_JOB_ID"] ?? environment["PBS_JOBID"],
      requeues: environment["SLURM_RESTART_COUNT"].flatMap { Int($0) } ?? 0)
  }

  init(
    command: String, host: String = TemporaryFile.host, process: Int32 = getpid(), processSpace: String = Self.processSpace,
    batchJob: String? = nil, requeues: Int = 0
  ) {
    id = UUID().uuidString
    (self.command, self.host, self.process) = (command, host, process)
    processStart = Self.start(of: process) ?? 0
    (self.processSpace, self.batchJob, self.requeues) = (processSpace, batchJob, requeues)
    since = Date().formatted(.iso8601)
  }

  public var description: String {
    "\(command), process \(process) on \(host)\(batchJob.map { ", batch job \($0)" } ?? ""), since \(since)"
  }

  /// The reason why this owner can't be alive any more, as far as the asking process `other` can tell at once; nil if it may be
  /// alive.
  func reasonGone(for other: FolderOwner) -> String? {
    if host == other.host, processSpace == other.processSpace, Self.start(of: process) != processStart {
      return "its process \(process) has ended"
    }
    if let batchJob, batchJob == other.batchJob, requeues < other.requeues {
      return "batch job \(batchJob) has been put back into the queue since"
    }
    return nil
  }

  /// True if the owner is certainly a process that is running on this host: then there is nothing to wait for.
  func isRunning(for other: FolderOwner) -> Bool {
    host == other.host && processSpace == other.processSpace && Self.start(of: process) == processStart
  }

  /// Field 22 of /proc/PID/stat: when the process was started. Nil if there is no such process, or it has ended and only its exit
  /// code hasn't been asked for. Source: proc(5)
  static func start(of process: Int32) -> UInt64? {
    guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return nil }
    // The second field is the program's name in brackets, which may contain anything.
    let fields = String(decoding: bytes.suffix(from: (bytes.lastIndex(of: UInt8(ascii: ")")) ?? 0) + 1), as: UTF8.self)
      .split(separator: " ")
    guard fields.count > 19, !["Z", "X"].contains(fields[0]) else { return nil }
    return UInt64(fields[19])
  }

  private static let processSpace: String = {
    let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
    let space = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
    return boot.trimmingCharacters(in: .whitespacesAndNewlines) + " " + space
  }()
}
