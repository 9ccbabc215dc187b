import Attribution
import ConvNet
import Files
import Foundation
import HDF5
import Images
import Results

/// Class models judged by another net: the number of them that it assigns to the class that they were made for.
///
/// The posterior in the net that made them says nothing, because it was maximised. The floats of a class model are a picture
/// minus the mean of its net. The judge takes them as a picture minus its own mean, resampled to the size of its input, neither
/// rounded nor limited to 0 … 255.
public struct ClassModelTransfer: Codable, Sendable {
  static let tableFile = "transfer.csv"
  static let summaryFile = "transfer.json"

  /// The number of class models of classes that the judge knows.
  public var judged = 0
  /// The number of class models of other classes.
  public var unknown = 0
  public var top1 = 0
  public var top5 = 0

  /// Judges a result folder of `class-models`, and writes `transfer.csv` and `transfer.json`.
  ///
  /// - Parameters:
  ///   - folder: the folder of the class models.
  ///   - output: a folder for the tables, which is made if it doesn't exist.
  ///   - progress: called with the number of pictures done and the number of all.
  /// - Throws: `ResultsError` if the folder has no class models, or none of a class that the judge knows.
  public static func judge(
    _ folder: String, by judge: TrainedNetwork, output: String, batch: Int = 16, compute: ComputeSettings = ComputeSettings(),
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> ClassModelTransfer {
    var latest: [String: ResultRecord<NoFacts>] = [:]
    try Manifest(of: folder).forEach { record, _ in
      if record.kind == ClassModelJob.command { latest[record.item] = record }
    }
    guard !latest.isEmpty else {
      throw ResultsError(.badData, "\(folder) has no class models; give a result folder of class-models")
    }
    try ResultDamage.refuse(Array(latest.keys), in: folder, madeBy: ClassModelJob.command)
    var transfer = ClassModelTransfer()
    let known = latest.values.filter { judge.classes.contains($0.class) }.sorted { $0.name < $1.name }
    transfer.unknown = latest.count - known.count
    guard !known.isEmpty else {
      throw ResultsError(.badData, "\(judge.fileName) knows none of the \(latest.count) classes in \(folder)")
    }
    let input = judge.network.input
    let plan = try Plan(judge.parameters, batch: batch, purpose: .inference, compute: compute)
    let images = try Tensor(count: batch, shape: input)
    var table = CSV.row(["class", "place", "posterior", "top1", "top1_posterior"])
    for start in stride(from: 0, to: known.count, by: batch) {
      let part = known[start..<min(start + batch, known.count)]
      for (slot, record) in part.enumerated() {
        _ = images[slot].update(fromContentsOf: try floats(of: record.item, in: folder, for: input))
      }
      let scores = plan.forward(images.prefix(part.count))
      for (slot, record) in part.enumerated() {
        let order = RankedClass.top(judge.classes.count, of: scores[slot])
        let place = (order.firstIndex { judge.classes[$0.index] == record.class } ?? order.count) + 1
        transfer.judged += 1
        transfer.top1 += place <= 1 ? 1 : 0
        transfer.top5 += place <= 5 ? 1 : 0
        let own = place <= order.count ? order[place - 1].posterior : 0
        table += CSV.row(
          [record.class, "\(place)", "\(own)", judge.classes[order[0].index], "\(order[0].posterior)"])
      }
      progress(start + part.count, known.count)
    }
    try FilePath.makeFolder(output)
    try AtomicFile.write(table, to: (output as NSString).appendingPathComponent(tableFile))
    try AtomicFile.write(
      ResultJSON.text(transfer, pretty: true) + "\n", to: (output as NSString).appendingPathComponent(summaryFile))
    return transfer
  }

  /// The floats of a class model, the best of its samples, at the size of the judge's input.
  private static func floats(of item: String, in folder: String, for input: Shape) throws -> [Float] {
    let path = (folder as NSString).appendingPathComponent(item + ".h5")
    let (values, shape) = try HDF5File.open(at: path).readFloats("/image")
    guard shape.count == 3, shape[0] == input.channels, shape.dropFirst().allSatisfy(NumberLimits.sides.contains) else {
      throw ResultsError(.badData, "\(path): expected an /image of [\(input.channels), height, width], found \(shape)")
    }
    let (from, to) = (PictureSize(width: shape[2], height: shape[1]), PictureSize(width: input.width, height: input.height))
    let area = from.width * from.height
    return (0..<input.channels).flatMap { resized(Array(values[($0 * area)..<(($0 + 1) * area)]), from: from, to: to) }
  }
}
