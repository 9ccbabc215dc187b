import Checkpoint
import Cluster
import Files
import Foundation
import Interchange

/// One update, as a line of `metrics.jsonl`.
public struct StepMetrics: Sendable, Codable {
  public var kind = "step"
  /// Updates done, this one included.
  public let step: Int
  /// Epochs done, with the part of the present one.
  public let epoch: Double
  /// Mean over the global batch.
  public let loss: Double
  public let learningRate: Double
  /// The norm of the gradient before it was clipped; nil without `--clip-norm`.
  public let gradientNorm: Double?
  /// Over all ranks.
  public let imagesPerSecond: Double
  /// How long this step waited for pictures, on the rank that waited longest.
  public let dataWaitSeconds: Double
  /// How long it waited for the sums over ranks, likewise.
  public let reductionWaitSeconds: Double
  /// The rank that took longest per picture, without waiting, and the seconds that it took; nil if one rank has all pictures.
  public let slowestRank: Int?
  public let slowestRankSecondsPerImage: Double?
  /// The median of the ranks.
  public let medianSecondsPerImage: Double?
}

/// One epoch, as a line of `metrics.jsonl`.
public struct EpochMetrics: Sendable, Codable {
  public var kind = "epoch"
  public let epoch: Int
  public let step: Int
  /// Mean over the epoch's updates, with dropout and augmentation.
  public let trainLoss: Double
  /// Nil without validation pictures.
  public let valTop1Error: Double?
  public let valTop5Error: Double?
  public let valLoss: Double?
  public let learningRate: Double
  /// Training and evaluation.
  public let seconds: Double
}

/// A checkpoint that is whole, as a line of `metrics.jsonl`.
struct CheckpointMetrics: Codable {
  var kind = "checkpoint"
  let step: Int
  let isBest: Bool
  /// How long training waited for the copy, and for the checkpoint before where that was still being written.
  let waitSeconds: Double
  /// How long a thread beside the training wrote.
  let writeSeconds: Double

  init(_ outcome: CheckpointWriter.Outcome) {
    (step, isBest) = (outcome.step, outcome.isBest)
    (waitSeconds, writeSeconds) = (outcome.waitSeconds, outcome.writeSeconds)
  }
}

/// Something that a person should look at, as a line of `metrics.jsonl`.
struct WarningMetrics: Codable {
  var kind = "warning"
  let step: Int
  let text: String
}

/// `metrics.jsonl`: one JSON object per line, appended as the run goes on.
///
/// A resumed run first drops the lines of updates that are beyond its checkpoint, since it makes those updates again. Lines that a
/// full disk doesn't take are kept, and written when it does.
final class MetricsLog {
  /// The most bytes of such a file: a hundred million updates.
  static let longest = 1 << 36

  private let path: String
  private let handle: FileHandle
  private let events: EventFile?
  private let encoder = JSONEncoder()
  private var length: UInt64
  /// Lines that are not in the file yet.
  private var pending = Data()

  /// - Parameters:
  ///   - step: the updates that the run has done when the log is opened.
  ///   - eventFolder: where to write the same values for TensorBoard; nil not to write them.
  init(path: String, resumingAt step: Int, eventFolder: String? = nil) throws {
    events = try eventFolder.map { try EventFile(folder: $0, resumingAt: step) }
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let kept = try Self.lines(of: path, upTo: step)
    try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path)
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw JobError("cannot append to \(path): \(String(cString: strerror(errno)))")
    }
    length = try handle.seekToEnd()
    self.handle = handle
    self.path = path
  }

  func append(_ metrics: some Encodable) throws {
    pending += try encoder.encode(metrics) + Data("\n".utf8)
    try? flush()
    if let metrics = metrics as? any ScalarMetrics { try? events?.append(step: metrics.step, metrics.scalars) }
  }

  /// - Throws: `JobError` when lines are left that can't be written.
  func finish() throws {
    do {
      try flush()
    } catch {
      throw JobError("cannot write to \(path): \(error.localizedDescription); free space, the same command continues")
    }
  }

  private func flush() throws {
    do {
      try FileActivity.during(.writing, path) {
        try handle.seek(toOffset: length)
        try handle.write(contentsOf: pending)
      }
    } catch {
      // No part of a line stays.
      try? handle.truncate(atOffset: length)
      throw error
    }
    length += UInt64(pending.count)
    pending = Data()
  }

  private static func lines(of path: String, upTo step: Int) throws(FileError) -> [String] {
    struct Line: Decodable { let step: Int }
    guard step > 0, let data = try OwnFiles.bytes(path, limit: longest) else { return [] }
    let decoder = JSONDecoder()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
      guard let parsed = try? decoder.decode(Line.self, from: Data(line.utf8)), parsed.step <= step else { return nil }
      return String(line)
    }
  }
}
