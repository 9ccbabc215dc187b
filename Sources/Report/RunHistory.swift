import Cluster
import Foundation

/// The content of a run's `metrics.jsonl`, thinned to what a page can show.
///
/// Each reading of the file continues where the last one ended, so that a report after each epoch reads only that epoch's lines.
struct RunHistory {
  private(set) var steps = ThinnedSteps()
  private(set) var epochs: [MetricsLine] = []
  /// The last line that is about a step.
  private(set) var last: MetricsLine?
  private var offset: UInt64 = 0

  /// Reads the lines appended since the last reading. Lines that aren't our JSON, or have numbers that no run writes, are left
  /// out.
  /// - Throws: `JobError` if the file can't be read.
  mutating func read(_ path: String) throws {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw JobError.badData("cannot read \(path): no such file, or no permission; --run takes a folder that train has made")
    }
    defer { try? handle.close() }
    try handle.seek(toOffset: offset)
    let decoder = JSONDecoder()
    var rest = Data()
    while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
      rest.append(piece)
      // The last line may not be complete yet.
      guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
      for line in rest[...end].split(separator: UInt8(ascii: "\n")) { add(line, decoder) }
      offset += UInt64(end - rest.startIndex + 1)
      rest = Data(rest[(end + 1)...])
    }
  }

  private mutating func add(_ line: Data, _ decoder: JSONDecoder) {
    guard let metrics = try? decoder.decode(MetricsLine.self, from: line), metrics.isSensible else { return }
    if metrics.kind == "epoch" {
      epochs.append(metrics)
    } else if metrics.kind == "step", metrics.loss != nil {
      steps.add(metrics)
      last = metrics
    }
  }

  /// The epoch with the lowest validation error; nil before the first evaluation.
  var best: MetricsLine? {
    epochs.filter { $0.valTop1Error != nil }.min { ($0.valTop1Error ?? 1) < ($1.valTop1Error ?? 1) }
  }
}
