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
  /// Over all ranks.
  public let imagesPerSecond: Double
  /// How long this step waited for pictures, on the rank that waited longest.
  public let dataWaitSeconds: Double
  /// How long it waited for the sums over ranks, likewise.
  public let reductionWaitSeconds: Double
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

/// `metrics.jsonl`: a JSON object a line, appended as the run goes on.
///
/// A resumed run first drops the lines of updates that are beyond its checkpoint, since it makes those updates again.
final class MetricsLog {
  private let handle: FileHandle
  private let events: EventFile?
  private let encoder = JSONEncoder()

  /// - Parameters:
  ///   - step: the updates that the run has done when the log is opened.
  ///   - eventFolder: where to write the same values for TensorBoard; nil for nowhere.
  init(path: String, resumingAt step: Int, eventFolder: String? = nil) throws {
    events = try eventFolder.map { try EventFile(folder: $0, resumingAt: step) }
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let kept = Self.lines(of: path, upTo: step)
    try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path)
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw TrainingError("cannot append to \(path): \(String(cString: strerror(errno)))")
    }
    try handle.seekToEnd()
    self.handle = handle
  }

  func append(_ metrics: some Encodable & ScalarMetrics) throws {
    try handle.write(contentsOf: try encoder.encode(metrics) + Data("\n".utf8))
    try events?.append(step: metrics.step, metrics.scalars)
  }

  private static func lines(of path: String, upTo step: Int) -> [String] {
    struct Line: Decodable { let step: Int }
    guard step > 0, let data = FileManager.default.contents(atPath: path) else { return [] }
    let decoder = JSONDecoder()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
      guard let parsed = try? decoder.decode(Line.self, from: Data(line.utf8)), parsed.step <= step else { return nil }
      return String(line)
    }
  }
}
