import Attribution
import ConvNet
import Data
import Files
import Foundation
import HDF5
import Images

/// Class models judged by another net: how many does it put into the class that they were made for?
///
/// The posterior in the net that made them says nothing: it was maximised. The judge sees the pictures as people do, the PNG
/// files, resized to its input.
public struct ClassModelTransfer: Codable, Sendable {
  static let tableFile = "transfer.csv"
  static let summaryFile = "transfer.json"

  /// Class models of classes that the judge knows.
  public var judged = 0
  /// Those of other classes.
  public var unknown = 0
  public var top1 = 0
  public var top5 = 0
  public var top1Share: Double { judged == 0 ? .nan : Double(top1) / Double(judged) }
  public var top5Share: Double { judged == 0 ? .nan : Double(top5) / Double(judged) }

  /// Judges a result folder of `class-models`, and writes `transfer.csv` and `transfer.json`.
  ///
  /// - Parameters:
  ///   - folder: of the class models.
  ///   - output: a folder for the tables, made when there is none.
  ///   - progress: called with the pictures done and all.
  /// - Throws: `VisualizeError` when the folder has no class models, or none of a class that the judge knows.
  public static func judge(
    _ folder: String, by judge: TrainedNetwork, output: String, batch: Int = 16, compute: ComputeSettings = ComputeSettings(),
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> ClassModelTransfer {
    var latest: [String: ResultRecord] = [:]
    try Manifest(of: folder).forEach { record, _ in
      if record.kind == ClassModelJob.command { latest[record.item] = record }
    }
    guard !latest.isEmpty else {
      throw VisualizeError(.badData, "\(folder) has no class models; give a result folder of class-models")
    }
    var transfer = ClassModelTransfer()
    let known = latest.values.filter { judge.classes.contains($0.class) }.sorted { $0.name < $1.name }
    transfer.unknown = latest.count - known.count
    guard !known.isEmpty else {
      throw VisualizeError(.badData, "\(judge.fileName) knows none of the \(latest.count) classes in \(folder)")
    }
    let input = judge.network.input
    let plan = try Plan(judge.parameters, batch: batch, purpose: .inference, compute: compute)
    let images = try Tensor(count: batch, shape: input)
    var table = CSV.row(["class", "place", "posterior", "top1", "top1_posterior"])
    for start in stride(from: 0, to: known.count, by: batch) {
      let part = known[start..<min(start + batch, known.count)]
      for (slot, record) in part.enumerated() {
        let path = (folder as NSString).appendingPathComponent(record.item + ".png")
        let picture = try best(of: Picture(contentsOf: path), (folder as NSString).appendingPathComponent(record.item + ".h5"))
          .resized(width: input.width, height: input.height)
        // A class model is all of what its own net saw: the whole of it is the crop.
        let whole = PreparedPicture(original: picture.size, decoded: picture, size: picture.size)
        let values = judge.spec.geometry.input(whole, at: CropPlace(x: 0, y: 0), mean: judge.mean)
        _ = images[slot].update(fromContentsOf: values)
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
    try makeFolder(output)
    try AtomicFile.write(table, to: (output as NSString).appendingPathComponent(tableFile))
    try AtomicFile.write(
      ResultJSON.text(transfer, pretty: true) + "\n", to: (output as NSString).appendingPathComponent(summaryFile))
    return transfer
  }

  /// The best of an item's samples, which stand side by side; the picture itself where there is one.
  private static func best(of sheet: Picture, _ data: String) throws -> Picture {
    guard let values = try? HDF5File.open(at: data).readFloats("/sample_values").values, values.count > 1 else { return sheet }
    return try sheet.panel(values.indices.max { values[$0] < values[$1] } ?? 0, of: values.count)
  }
}
