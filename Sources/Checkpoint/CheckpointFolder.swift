import ConvNet
import Files
import Foundation
import HDF5

/// The checkpoints of a run: `step-00012000.h5` and so on, and the links `latest.h5` and `best.h5`. Only one process uses it.
public struct CheckpointFolder: Sendable, Hashable {
  public let path: String
  /// The number of newest checkpoints that are kept; the best one is kept in addition.
  public let keep: Int

  public init(_ path: String, keep: Int = 3) {
    precondition(keep > 0, "at least one checkpoint is kept")
    self.path = path
    self.keep = keep
  }

  public var latest: String { FilePath.join(path, "latest.h5") }
  public var best: String { FilePath.join(path, "best.h5") }

  /// The name of a step's file, such as `step-00012000.h5`.
  public static func fileName(step: Int) -> String {
    let digits = String(step)
    return "step-\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).h5"
  }

  /// The step in the name of a checkpoint; nil for any other name.
  public static func step(ofName name: String) -> Int? {
    guard name.hasPrefix("step-"), name.hasSuffix(".h5") else { return nil }
    let digits = name.dropFirst(5).dropLast(3)
    guard digits.count >= 8, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(digits)
  }

  /// Writes a checkpoint, points `latest.h5` (and `best.h5` if it is the best) to it, and removes old ones.
  ///
  /// Each of these actions is complete before the next begins, so that after a crash in between the links still point to whole
  /// files.
  /// - Returns: The new file's path and digest.
  /// - Throws: `CheckpointError`; if the new file couldn't be written, the older checkpoints and links are untouched.
  @discardableResult
  public func write(
    _ contents: CheckpointContents, store: ParameterStore, isBest: Bool = false
  ) throws(CheckpointError) -> (path: String, digest: String) {
    let file = file(step: contents.progress.step)
    let name = FilePath.name(of: file)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(.other, "write", file, "cannot make its folder: \(error.localizedDescription)")
    }
    try checkSpace(for: contents, store, file)
    let digest = try Checkpoint.write(contents, store: store, to: file)
    do {
      if isBest { try SymbolicLink.replace(best, target: name) }
      try SymbolicLink.replace(latest, target: name)
    } catch {
      throw CheckpointError(writing: HDF5Error(error), to: file)
    }
    try removeOld()
    return (file, digest)
  }

  /// The path of a step's checkpoint.
  public func file(step: Int) -> String { FilePath.join(path, Self.fileName(step: step)) }

  /// Throws if the disk is too full, before anything is written: filling it up would harm others who write to it. Source:
  /// statvfs(3)
  private func checkSpace(for contents: CheckpointContents, _ store: ParameterStore, _ file: String) throws(CheckpointError) {
    // Files that a killed process left take space that can be used.
    TemporaryFile.removeLeftovers(in: path)
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return }
    let free = Int(min(Double(status.f_bavail) * Double(status.f_frsize), 9e18))
    let needed = (store.values.count * (1 + store.state.count) + contents.mean.count) * 4 + (1 << 16)
    guard free < needed else { return }
    throw CheckpointError(
      .noSpace, "write", file, "\(free >> 10) KiB are free on the disk, \(needed >> 10) KiB are needed",
      hint: "free space, the previous checkpoint is untouched")
  }

  /// Removes all checkpoints but the `keep` newest and those that a link points to.
  private func removeOld() throws(CheckpointError) {
    let linked = [latest, best].compactMap(SymbolicLink.target)
    for step in try steps().dropFirst(keep) {
      let name = Self.fileName(step: step)
      // A checkpoint that can't be removed takes space, but is no reason to stop a run.
      if !linked.contains(name) { unlink(FilePath.join(path, name)) }
    }
  }

  /// Points `best.h5` again to the first checkpoint of that validation error, if the link is lost: copies from one system to another
  /// leave links out, and what no link points to is removed when it's old.
  public func restoreBest(_ error: Double) throws(CheckpointError) {
    var status = stat()
    guard lstat(best, &status) != 0, errno == ENOENT else { return }
    for step in try steps().reversed() {
      do throws(CheckpointError) {
        guard try Checkpoint.readHeader(file(step: step)).contents.progress.validationError == error else { continue }
      } catch {
        if error.storageTrouble != nil { throw error }
        continue
      }
      do {
        return try SymbolicLink.replace(best, target: Self.fileName(step: step))
      } catch {
        throw CheckpointError(writing: HDF5Error(error), to: best)
      }
    }
  }

  /// The steps of all checkpoints, newest first, whether whole or not; empty if there is no such folder.
  ///
  /// The newest has the highest step. But a run that was taken back to an earlier step leaves higher ones behind: those that were
  /// written before the one to which `latest.h5` points come last.
  public func steps() throws(CheckpointError) -> [Int] {
    let names: [String]
    do {
      names = try OwnFiles.names(in: path)
    } catch {
      throw CheckpointError(error.storageTrouble == nil ? .other : .storage, "find a", path, "\(error)", code: error.code)
    }
    let steps = names.compactMap(Self.step).sorted(by: >)
    guard let target = SymbolicLink.target(of: latest), let last = Self.step(ofName: target), let time = written(last)
    else { return steps }
    let abandoned = steps.prefix { $0 > last }.filter { step in written(step).map { $0 < time } ?? false }
    return steps.filter { !abandoned.contains($0) } + abandoned
  }

  /// The time at which a step's checkpoint was written, in nanoseconds since 1970; nil if there is none.
  private func written(_ step: Int) -> Int? {
    var status = stat()
    guard stat(FilePath.join(path, Self.fileName(step: step)), &status) == 0 else { return nil }
    return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }

  /// The result of a search for the newest checkpoint.
  public struct Newest: Sendable {
    /// The newest whole checkpoint; nil if there is none.
    public let found: (path: String, checkpoint: Checkpoint)?
    /// The errors of the newer checkpoints that aren't whole.
    public let skipped: [CheckpointError]
  }

  /// Finds the newest checkpoint whose header and checksums are all right, and says which newer ones were skipped and why.
  /// - Throws: `CheckpointError` if the folder can't be listed, or the storage is away.
  public func newest() throws(CheckpointError) -> Newest {
    var skipped: [CheckpointError] = []
    for step in try steps() {
      let file = FilePath.join(path, Self.fileName(step: step))
      do {
        return Newest(found: (file, try Checkpoint.read(file, training: true)), skipped: skipped)
      } catch {
        // A checkpoint that can't be read now isn't damaged: taking an older one instead would lose work.
        if error.storageTrouble != nil { throw error }
        skipped.append(error)
      }
    }
    return Newest(found: nil, skipped: skipped)
  }
}
