import Files
import Foundation

/// The error rates of one class in an evaluation.
package struct ClassError: Sendable, Hashable {
  package let wnid: String
  package let name: String
  package let pictures: Int
  /// The fraction of the pictures, 0–1; `top5Error` too.
  package let top1Error: Double
  package let top5Error: Double

  package init(wnid: String, name: String, pictures: Int, top1Error: Double, top5Error: Double) {
    (self.wnid, self.name, self.pictures) = (wnid, name, pictures)
    (self.top1Error, self.top5Error) = (top1Error, top5Error)
  }
}

/// The file `classes.csv`, which `evaluate --output` writes too: one line per class.
package enum ClassErrors {
  static let header = ["wnid", "name", "pictures", "top1_wrong", "top5_wrong", "top1_error", "top5_error"]

  package static func write(_ errors: [ClassError], to path: String) throws {
    let lines = errors.map { error in
      let wrong = [error.top1Error, error.top5Error].map { Int(($0 * Double(error.pictures)).rounded()) }
      let shares = [error.top1Error, error.top5Error].map { String(format: "%.6f", $0) }
      return CSV.row([error.wnid, error.name] + ([error.pictures] + wrong).map(String.init) + shares)
    }
    try AtomicFile.write(CSV.row(header) + lines.joined(), to: path)
  }

  /// Reads such a file, whose columns are found by their names; nil if there is no file, or it has another form.
  static func read(_ path: String) -> [ClassError]? {
    guard FileManager.default.fileExists(atPath: path), let list = try? TextList(contentsOf: path) else { return nil }
    guard var rows = try? list.rows().map({ $0.fields.map(\.text) }), !rows.isEmpty else { return nil }
    let names = rows.removeFirst()
    let columns = ["wnid", "name", "pictures", "top1_error", "top5_error"].map { names.firstIndex(of: $0) }
    guard let wnid = columns[0], let pictures = columns[2], let top1 = columns[3] else { return nil }
    return rows.compactMap { row in
      guard row.count == names.count, let count = Int(row[pictures]), let error = Double(row[top1]),
        (0...(1 << 53)).contains(count), (0...1).contains(error)
      else { return nil }
      return ClassError(
        wnid: row[wnid], name: columns[1].map { row[$0] } ?? row[wnid], pictures: count, top1Error: error,
        top5Error: columns[4].flatMap { Double(row[$0]) } ?? .nan)
    }
  }
}
