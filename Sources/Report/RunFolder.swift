import Files

/// The paths of the files in a run folder.
public struct RunFolder: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  public var description: String { path + "/run.json" }
  public var metrics: String { path + "/metrics.jsonl" }
  public var checkpoints: String { path + "/checkpoints" }
  public var report: String { path + "/report.html" }
  /// The error rates per class of the last evaluation.
  public var classErrors: String { path + "/classes.csv" }
  /// The pictures that could not be read, each with the reason.
  public var badFiles: String { path + "/bad-files.csv" }
  /// Event files for TensorBoard.
  public var tensorBoard: String { path + "/tensorboard" }
}
