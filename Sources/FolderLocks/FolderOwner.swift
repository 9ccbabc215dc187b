import Files
import Foundation

/// Which process holds a folder: what the lock file in it says, as JSON.
public struct FolderOwner: Codable, Sendable, Hashable, CustomStringConvertible {
  /// A random name of this hold; no two are the same.
  public let id: String
  /// What the process does: `train`.
  public let command: String
  public let host: String
  public let process: Int32
  /// Clock ticks from the host's start to the process's: tells it from a later one of the same number. Source: proc(5), stat
  public let processStart: UInt64
  /// Tells one start of the host from another, and one container from another: process numbers mean something within one only.
  public let processSpace: String
  /// The batch job, nil outside one.
  public let batchJob: String?
  /// How often the batch system has put the job back into the queue.
  public let requeues: Int
  /// When the hold began, by the holder's clock: for a person.
  public let since: String

  /// This process.
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
    self.command = command
    self.host = host
    self.process = process
    processStart = Self.start(of: process) ?? 0
    self.processSpace = processSpace
    self.batchJob = batchJob
    self.requeues = requeues
    since = Date().formatted(.iso8601)
  }

  public var description: String {
    "\(command), process \(process) on \(host)\(batchJob.map { ", batch job \($0)" } ?? ""), since \(since)"
  }

  /// Why this owner can't be alive any more, as far as `other`, which asks, can tell at once; nil if it may be.
  func reasonGone(for other: FolderOwner) -> String? {
    if host == other.host, processSpace == other.processSpace, Self.start(of: process) != processStart {
      return "its process \(process) has ended"
    }
    if let batchJob, batchJob == other.batchJob, requeues < other.requeues {
      return "batch job \(batchJob) has been put back into the queue since"
    }
    return nil
  }

  /// True if the owner is a process that this host has now, so that there is nothing to wait for.
  func isRunning(for other: FolderOwner) -> Bool {
    host == other.host && processSpace == other.processSpace && Self.start(of: process) == processStart
  }

  /// Field 22 of /proc/PID/stat, nil if there is no such process or it has ended and only waits to be asked for its exit code.
  /// Source: proc(5)
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
