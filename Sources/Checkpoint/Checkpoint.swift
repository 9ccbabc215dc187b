import ConvNet
import Files
import HDF5

/// A trained network in a file, which `train` writes and the other commands read.
///
/// It is an HDF5 file, readable by any HDF5 tool. Attributes of `/`: `format`, `version`, `network`, `progress`, `options` (the
/// last three as JSON) and `header_sha256`. Data sets: `/parameters/<layer>/weights` and `/biases`; `/velocity/…` likewise
/// (absent in files for inference only); `/second_moments/…` likewise (of trainings with AdamW); `/last_values/…`
/// likewise (where the parameters are averages); `/mean`; `/colour_axes` [3, 3] (absent in files for inference only); `/classes`;
/// `/class_names`; `/input` (how pictures are resized, as JSON; absent in files of earlier versions, whose options state it).
/// Each data set has its SHA-256 as the attribute `sha256`, which is checked on reading.
public final class Checkpoint: Sendable {
  public let contents: CheckpointContents
  /// The parameters, with what the training keeps if the file was read for training.
  public let store: ParameterStore
  /// The SHA-256 that results cite; see `digest(of:)`.
  public let digest: String

  init(contents: CheckpointContents, store: ParameterStore, digest: String) {
    self.contents = contents
    self.store = store
    self.digest = digest
  }

  public static let format = "deepinside-checkpoint"
  public static let version = 1

  /// The names of the parts of the file.
  enum Layout {
    static let mean = "/mean"
    static let colourAxes = "/colour_axes"
    static let classes = "/classes"
    static let classNames = "/class_names"
    static let input = "/input"
    static let checksum = HDF5File.checksumAttribute
    static let headerChecksum = "header_sha256"

    /// The path of a parameter's values; `parameter` is a name such as `conv1/weights`.
    static func values(_ parameter: String) -> String { "/parameters/\(parameter)" }
    static func state(_ kind: TrainingState, _ parameter: String) -> String { "/\(kind.rawValue)/\(parameter)" }
  }

  /// The texts in the attributes of `/`.
  struct Attributes: Equatable {
    var network: String
    var progress: String
    var options: String

    /// The SHA-256 of lines `name=value`: otherwise a flipped bit in a learning rate would go unnoticed.
    var checksum: String {
      var hash = SHA256()
      hash.update("format=\(Checkpoint.format)\nversion=\(Checkpoint.version)\n")
      hash.update("network=\(network)\nprogress=\(progress)\noptions=\(options)\n")
      return hash.finish()
    }
  }

  /// The digest of a checkpoint: the SHA-256 of the lines `<sha256>  <path>\n` of its data sets in the order of their paths' bytes.
  ///
  /// This is the SHA-256 of the output that `sha256sum` would give for the data sets; the attributes (options, progress) don't
  /// count.
  static func digest(of checksums: [(path: String, checksum: String)]) -> String {
    var hash = SHA256()
    for entry in checksums.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
      hash.update("\(entry.checksum)  \(entry.path)\n")
    }
    return hash.finish()
  }
}

/// A checkpoint without its parameters.
public struct CheckpointHeader: Sendable, Hashable {
  public let contents: CheckpointContents
  /// The SHA-256 that results cite, computed from the checksums in the file: the parameters themselves were not read.
  public let digest: String
  /// What the training has kept besides the values; empty in files for inference only.
  public let state: Set<TrainingState>
  /// True if training can go on from this checkpoint.
  public var hasVelocity: Bool { state.contains(.velocity) }
}
