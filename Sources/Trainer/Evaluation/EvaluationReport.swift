import Cluster
import Files
import Foundation

/// What `evaluate` has found: the errors of all pictures and of each class, which classes are taken for which, and what was
/// said of every picture. The same on any number of ranks.
public struct EvaluationReport: Sendable {
  public internal(set) var total = EvaluationResult()
  /// In the order of the network's outputs.
  public let classes: [ClassID]
  /// `[K, K]`: pictures of the class of the row whose likeliest class is the column's. The diagonal is right.
  public private(set) var confusion: [Int]
  /// `[K]`: pictures of the class that isn't among their five likeliest.
  public private(set) var top5Wrong: [Int]
  /// Pictures that could not be read: they entered as the mean picture.
  public private(set) var unreadable: [String] = []
  /// Lines of `predictions.csv`, in the order of the pictures; on rank 0 alone.
  private var predictions = ""

  public var classCount: Int { classes.count }

  init(classes: [ClassID]) {
    self.classes = classes
    confusion = [Int](repeating: 0, count: classes.count * classes.count)
    top5Wrong = [Int](repeating: 0, count: classes.count)
  }

  /// Pictures of a class.
  public func pictures(ofClass index: Int) -> Int { confusion[(index * classCount)..<((index + 1) * classCount)].reduce(0, +) }

  mutating func add(name: String, label: Int, _ prediction: Prediction) {
    confusion[label * classCount + prediction.classes[0]] += 1
    if !prediction.classes.contains(label) { top5Wrong[label] += 1 }
    let answers = (0..<5).map { place -> String in
      guard place < prediction.classes.count else { return "," }
      let index = prediction.classes[place]
      return "\(classes[index].wnid),\(String(format: "%.6f", prediction.posterior[index]))"
    }
    let fields = [csvField(name), classes[label].wnid, String(format: "%.6f", prediction.posterior[label])] + answers
    predictions += fields.joined(separator: ",") + "\n"
  }

  /// Adds up what the ranks have found; each has a contiguous share of the pictures, in the order of ranks.
  /// - Note: collective
  mutating func merge(unreadable own: [String], over communicator: Communicator) throws {
    try communicator.allReduceSum(&confusion)
    try communicator.allReduceSum(&top5Wrong)
    unreadable = try communicator.allGather(own.joined(separator: "\n")).flatMap { $0.split(separator: "\n").map(String.init) }
    predictions = try communicator.gather(Array(predictions.utf8)).map { String(decoding: $0.joined(), as: UTF8.self) } ?? ""
  }

  /// Writes `confusion.csv` (a row a class, a column a prediction), `classes.csv` and `predictions.csv`; on rank 0.
  public func write(to folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw TrainingError("cannot make the folder \(folder): \(error.localizedDescription)")
    }
    try AtomicFile.write(confusionTable, to: FilePath.join(folder, "confusion.csv"))
    try AtomicFile.write(classTable, to: FilePath.join(folder, "classes.csv"))
    try AtomicFile.write(Self.predictionHeader + predictions, to: FilePath.join(folder, "predictions.csv"))
  }

  private var confusionTable: String {
    var text = "truth," + classes.map(\.wnid).joined(separator: ",") + "\n"
    for row in 0..<classCount {
      let counts = confusion[(row * classCount)..<((row + 1) * classCount)]
      text += classes[row].wnid + "," + counts.map(String.init).joined(separator: ",") + "\n"
    }
    return text
  }

  private var classTable: String {
    var text = "wnid,name,pictures,top1_wrong,top5_wrong,top1_error,top5_error\n"
    for (index, item) in classes.enumerated() {
      let count = pictures(ofClass: index)
      let wrong = [count - confusion[index * classCount + index], top5Wrong[index]]
      // Of a class without pictures nothing is known.
      let errors = wrong.map { count == 0 ? "" : String(format: "%.6f", Double($0) / Double(count)) }
      text += "\(item.wnid),\(csvField(item.name)),\(count),\(wrong[0]),\(wrong[1]),\(errors[0]),\(errors[1])\n"
    }
    return text
  }

  private static let predictionHeader =
    "image,truth,truth_posterior," + (1...5).map { "top\($0),top\($0)_posterior" }.joined(separator: ",") + "\n"
}

/// A field of a CSV file, quoted where it must be. Source: RFC 4180
private func csvField(_ text: String) -> String {
  guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
  return "\"" + text.replacing("\"", with: "\"\"") + "\""
}
