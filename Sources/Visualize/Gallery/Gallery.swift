import Checkpoint
import Files
import Foundation
import Images

/// The command `gallery`: `OUT/index.html`, one page of all results in a folder that works without network and from a disk.
///
/// Styles and script are in the page, pictures beside it by relative paths, read when they come into view. What it shows comes
/// from `parameters.json`, `manifest.jsonl` and the score traces in the HDF5 files.
///
/// - Parameter results: a result folder.
/// - Returns: the number of results on the page.
/// - Throws: `VisualizeError` when the folder has no results, `FileError` when the page can't be written.
@discardableResult
public func gallery(results folder: String) throws -> Int {
  let path = (folder as NSString).appendingPathComponent
  guard let data = FileManager.default.contents(atPath: path(ResultStore.parametersFile)),
    let header = ResultJSON.value(ResultHeader.self, String(decoding: data, as: UTF8.self))
  else {
    throw VisualizeError(
      .badData,
      "\(folder) is no result folder: expected a file \(ResultStore.parametersFile), as class-models and saliency make it")
  }
  let manifest = Manifest(of: folder)
  let records = try manifest.latest().values.map(manifest.record)
    .sorted { $0.name.localizedStandardCompare($1.name) == .orderedAscending }
  let items = records.map { GalleryItem($0, trace: scoreTrace(path($0.item + ".h5"), kind: header.command)) }
  let size = records.first.flatMap { pngSize(path($0.item + ".png")) }
  let page = try GalleryPage(header: header, items: items, pictureSize: size).html()
  try AtomicFile.write(page, to: path(ResultStore.pageFile))
  return items.count
}

/// The size that a PNG file's first chunk says; nil when there is none. Source: PNG specification, 11.2.2 IHDR.
private func pngSize(_ path: String) -> PictureSize? {
  guard let file = FileHandle(forReadingAtPath: path), let head = try? file.read(upToCount: 24), head.count == 24 else {
    return nil
  }
  func number(_ start: Int) -> Int { head[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) } }
  let (width, height) = (number(16), number(20))
  return width > 0 && height > 0 ? PictureSize(width: width, height: height) : nil
}

/// The score trace in an item's file; nil when it has none.
private func scoreTrace(_ path: String, kind: String) -> [Float]? {
  guard kind == ClassModelJob.command, let file = try? HDF5File.open(at: path),
    let trace = try? file.readFloats("/score_trace").values, trace.count > 1
  else { return nil }
  return trace
}

/// What the page's script knows of a result.
struct GalleryItem: Encodable {
  /// The result's name.
  let item: String
  /// The picture's address, relative to the page.
  let image: String
  let `class`: String
  let name: String
  let score: Float?
  let posterior: Float?
  let top5: [Top]
  let source: String?
  let truth: String?
  let warning: String?
  /// The largest intersection over union of a box of the picture's class with a true one; 0 when the class isn't found.
  let overlap: Double?
  /// At most 200 points, to 4 digits; infinities and not-a-numbers are nil.
  let trace: [Double?]?
  /// Of the trace.
  let iterations: Int?

  struct Top: Encodable {
    let `class`: String
    let name: String
    let score: Float?
    let posterior: Float?
  }

  init(_ record: ResultRecord, trace: [Float]?) {
    func finite(_ value: Float) -> Float? { value.isFinite ? value : nil }
    item = record.name
    image = Self.address(of: record.item + ".png")
    `class` = record.class
    name = record.className
    score = finite(record.score)
    posterior = finite(record.posterior)
    top5 = record.top5.map { Top(class: $0.class, name: $0.className, score: finite($0.score), posterior: finite($0.posterior)) }
    source = record.source.map { ($0 as NSString).lastPathComponent }
    truth = record.truth
    warning = record.warning
    overlap = record.truthBoxes.flatMap { truth in
      truth.isEmpty ? nil : (record.answers ?? []).compactMap(\.overlap).max() ?? 0
    }
    self.trace = trace.map(Self.thinned)
    iterations = trace.map { $0.count - 1 }
  }

  /// A file in the folder as a relative address: slashes stay.
  static func address(of file: String) -> String {
    let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
    return file.addingPercentEncoding(withAllowedCharacters: plain) ?? file
  }

  private static func thinned(_ trace: [Float]) -> [Double?] {
    let count = min(trace.count, 200)
    return (0..<count).map { point in
      let value = trace[point * (trace.count - 1) / max(count - 1, 1)]
      guard value.isFinite, value != 0 else { return value == 0 ? 0 : nil }
      let unit = pow(10, 3 - floor(log10(abs(Double(value)))))
      return (Double(value) * unit).rounded() / unit
    }
  }
}
