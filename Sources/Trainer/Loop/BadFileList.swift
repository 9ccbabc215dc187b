import Files
import Foundation

/// `bad-files.csv` of a run: every picture that could not be read or decoded, by any rank, with its split and the reason; of
/// validation those of the last evaluation. Rank 0 writes it.
final class BadFileList {
  private let path: String
  private var entries: [Split: [BadFileReport.Entry]] = [:]

  init(_ path: String) { self.path = path }

  /// Deletes the list of an earlier start of the run when pictures are about to be read: each file is tried anew. What this start has
  /// found already stays.
  func begin() {
    if entries.isEmpty { unlink(path) }
  }

  /// Reports and writes down the bad files that training has met.
  func add(_ new: [BadFileReport.Entry], split: Split, _ watch: (TrainingEvent) -> Void) throws {
    if new.isEmpty { return }
    for entry in new { watch(.note("left out: \(entry.reason)")) }
    entries[split, default: []] += new
    try write()
  }

  /// Reports the bad files that an evaluation has met, and writes them down in place of those of the evaluation before.
  func replace(_ new: [BadFileReport.Entry], split: Split, _ watch: (TrainingEvent) -> Void) throws {
    for entry in new { watch(.note("counted as the mean picture: \(entry.reason)")) }
    if entries[split, default: []] == new { return }
    entries[split] = new
    try write()
  }

  private func write() throws {
    var text = "file,split,reason\n"
    for split in Split.allCases {
      for entry in entries[split] ?? [] {
        text += CSV.row([entry.path, split.rawValue, entry.reason])
      }
    }
    let folder = FilePath.folder(of: path)
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try AtomicFile.write(text, to: path)
  }
}
