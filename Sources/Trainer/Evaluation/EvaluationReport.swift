import Cluster
import Files
import Foundation
import Report

/// What `evaluate` has found: the errors of all pictures and of each class, which classes are taken for which, and what was
/// said of every picture. The same on any number of ranks.
public struct EvaluationReport: Sendable {
  public internal(set) var total = EvaluationResult()
  /// In the order of the network's outputs.
  public let classes: [ClassID]
  /// `[K, K]`: pictures of the class of the row whose likeliest class is the column's. The diagonal is right.
  public private(set) var confusion: [Int]
  /// Pictures that could not be read: they entered as the mean picture.
  public internal(set) var unreadable: [String] = []
  /// A sentence about figures that some pictures are missing from, or nil.
  public internal(set) var warning: String?
  /// Why the figures must not be used, the same on all ranks; nil if they may be.
  public internal(set) var failure: (any Error)?
  /// Sentences about the set of pictures: its form, the files passed over, and what `PictureSet.disagreement(with:)` says.
  public internal(set) var notes: [String] = []
  /// The errors by ReaL labels; nil if they weren't asked for.
  public internal(set) var real: RealResult?
  /// Lines of `predictions.csv`, in the order of the pictures; on rank 0 alone.
  private var predictions = ""

  public var classCount: Int { classes.count }

  init(classes: [ClassID]) {
    self.classes = classes
    confusion = [Int](repeating: 0, count: classes.count * classes.count)
  }

  mutating func add(name: String, label: Int, _ prediction: Prediction, input digest: String) {
    confusion[label * classCount + prediction.classes[0]] += 1
    let answers = (0..<5).flatMap { place -> [String] in
      guard place < prediction.classes.count else { return ["", ""] }
      let index = prediction.classes[place]
      return [classes[index].wnid, String(format: "%.6f", prediction.posterior[index])]
    }
    predictions += CSV.row([name, classes[label].wnid, String(format: "%.6f", prediction.posterior[label])] + answers + [digest])
  }

  /// Adds up what the ranks have found; each has a contiguous share of the pictures, in the order of ranks.
  /// - Note: collective
  mutating func merge(over communicator: Communicator) throws {
    try communicator.allReduceSum(&confusion)
    predictions = try communicator.gather(Array(predictions.utf8)).map { String(decoding: $0.joined(), as: UTF8.self) } ?? ""
  }

  /// Writes `confusion.csv` (one row per class, one column per prediction), `classes.csv` and `predictions.csv`; on rank 0.
  public func write(to folder: String) throws {
    try FilePath.makeFolder(folder)
    try AtomicFile.write(confusionTable, to: FilePath.join(folder, "confusion.csv"))
    try ClassErrors.write(ClassErrors.of(total, classes: classes), to: FilePath.join(folder, "classes.csv"))
    try AtomicFile.write(Self.predictionHeader + predictions, to: FilePath.join(folder, "predictions.csv"))
  }

  private var confusionTable: String {
    var text = CSV.row(["truth"] + classes.map(\.wnid))
    for row in 0..<classCount {
      let counts = confusion[(row * classCount)..<((row + 1) * classCount)]
      text += CSV.row([classes[row].wnid] + counts.map(String.init))
    }
    return text
  }

  private static let predictionHeader = CSV.row(
    ["image", "truth", "truth_posterior"] + (1...5).flatMap { ["top\($0)", "top\($0)_posterior"] } + ["input_sha256"])
}
