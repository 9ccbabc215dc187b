import Foundation

/// A disk that takes seconds, or is full, for the programs that a test starts: a library that is loaded before theirs.
///
///     let disk = try FaultyDisk()
///     try disk.slow(milliseconds: 2000, "step-")
///     try runUnderMPI(ranks: 2, tool: "deepinside", arguments: …, environment: disk.environment)
public final class FaultyDisk {
  private let folder: TemporaryFolder

  /// Whether there is a C compiler to make the library with.
  public static var canBeMade: Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/cc")
    }
  }

  public init(source: String = #filePath) throws {
    folder = try TemporaryFolder()
    let tests = URL(fileURLWithPath: source).deletingLastPathComponent().deletingLastPathComponent()
    let made = try RunningProcess(
      ["cc", "-shared", "-fPIC", "-O1", "-o", library, tests.appending(path: "cluster/faulty_disk.c").path, "-ldl"]
    ).wait()
    guard made.exitCode == 0 else { throw ProcessError(description: "\(made)") }
  }

  private var library: String { folder.path("faulty_disk.so") }
  private var state: String { folder.path("state") }

  /// What a program needs in its environment to have this disk.
  public var environment: [String: String] { ["LD_PRELOAD": library, "FAULTY_DISK": state] }

  /// From now on every flush of files with one of those texts in their path takes so much longer.
  public func slow(milliseconds: Int, _ texts: String...) throws { try slow(milliseconds: milliseconds, texts) }
  public func slow(milliseconds: Int, _ texts: [String]) throws {
    try set("slow \(milliseconds) \(texts.joined(separator: "|"))")
  }

  /// From now on every flush of such files says that the disk is full.
  public func full(_ text: String) throws { try set("fail \(ENOSPC) \(text)") }

  /// From now on every flush of such files waits until something else is said.
  public func hold(_ text: String) throws { try set("hold 0 \(text)") }

  /// Whether a flush waits that is held, or has failed, since the fault was set.
  public var wasMet: Bool { FileManager.default.fileExists(atPath: state + ".hit") }

  /// Nothing is wrong any more.
  public func mend() throws { try set("") }

  private func set(_ fault: String) throws {
    unlink(state + ".hit")
    try fault.write(toFile: state, atomically: true, encoding: .utf8)
  }
}
