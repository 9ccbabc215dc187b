import Files
import Foundation
import Results

/// A comparison of the localisation errors of several result folders of `localise`: what the cut brings, and what each option
/// does.
public struct LocalisationComparison: Sendable {
  static let file = "localisation.csv"

  struct Row: Sendable {
    let folder: String
    /// The way of finding boxes: `graphcut`, `threshold`, …
    let box: String
    let pictures: Int
    /// The localisation errors with 1 and with 5 answers.
    let errors: (one: Double, five: Double)
  }

  /// The rows, with the lowest error first.
  let rows: [Row]

  /// - Throws: `ResultsError` that names the folder, if it has no localisation error, or other pictures than the first folder.
  public init(folders: [String]) throws {
    var rows: [Row] = []
    for folder in folders {
      func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
      guard let header = try ResultJSON.file(ResultHeader.self, path(ResultStore.parametersFile)),
        header.command == LocalisationJob.command,
        let summary = try ResultJSON.file(JobSummary.self, path(ResultStore.summaryFile)), let errors = summary.localisationError,
        errors.count == 5,
        let pictures = summary.picturesWithBoxes, case .text(let box)? = header.parameters["box"]
      else {
        throw ResultsError(
          .badData, "\(folder) has no localisation error: expected the results of localise with --annotations")
      }
      if let first = rows.first, first.pictures != pictures {
        throw ResultsError(
          .badData,
          "\(folder) has \(pictures) pictures with boxes, \(first.folder) has \(first.pictures): the errors don't compare")
      }
      rows.append(Row(folder: folder, box: box, pictures: pictures, errors: (errors[0], errors[4])))
    }
    self.rows = rows.sorted { ($0.errors.five, $0.errors.one) < ($1.errors.five, $1.errors.one) }
  }

  /// A CSV table with one line per folder: `folder,box,pictures,error1,error5`.
  public var csv: String {
    "folder,box,pictures,error1,error5\n"
      + rows.map { row in
        CSV.row(
          [row.folder, row.box, "\(row.pictures)"] + [row.errors.one, row.errors.five].map { String(format: "%.4f", $0) })
      }.joined()
  }

  /// The table as text for people.
  public var text: String {
    let width = max(6, rows.map(\.folder.count).max() ?? 0)
    func line(_ name: String, _ box: String, _ one: String, _ five: String) -> String {
      name.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + box.padding(toLength: 10, withPad: " ", startingAt: 0)
        + one.leftPadded(10) + five.leftPadded(11)
    }
    return
      ([line("folder", "box", "1 answer", "5 answers")]
      + rows.map { line($0.folder, $0.box, String(format: "%.3f", $0.errors.one), String(format: "%.3f", $0.errors.five)) })
      .joined(separator: "\n")
  }

  /// Writes `localisation.csv` into a folder, which is made if it doesn't exist.
  public func write(to folder: String) throws {
    try FilePath.makeFolder(folder)
    try AtomicFile.write(csv, to: (folder as NSString).appendingPathComponent(Self.file))
  }
}

extension String {
  fileprivate func leftPadded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
