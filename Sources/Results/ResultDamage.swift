import Cluster
import Files
import Foundation
import HDF5
import Threads

extension ResultStore {
  /// The number of results whose lines the manifest has lost.
  package func unlistedResults() throws -> Int {
    let listed = Set(try Manifest(of: folder).latest().keys)
    return try storedItems().filter { !listed.contains($0) && recover($0) != nil }.count
  }
}

/// Results whose files were cut: by a full disk, a broken copy, or a process that was killed.
package enum ResultDamage {
  /// The first of some files that exists and is cut, with the reason; nil if there is none. See `CutFile`.
  ///
  /// - Throws: `FileError` if the storage is away.
  static func first(of files: [String]) throws(FileError) -> String? {
    for file in files {
      do throws(FileError) {
        if let reason = try CutFile.reason(file) { return "\(file): \(reason)" }
      } catch {
        if error.storageTrouble != nil { throw error }
        if error.kind != .noSuchFile { return error.description }
      }
    }
    return nil
  }

  /// The first damaged file of each group; see `first(of:)`.
  static func reasons(_ groups: [[String]]) throws(FileError) -> [String?] {
    try inParallel(groups.count) { number throws(FileError) in
      Activity.advance()
      return try first(of: groups[number])
    }
  }

  /// - Throws: `ResultsError` that names the first damaged file of the items and the remedy, `FileError` if the storage is away.
  package static func refuse(_ items: [String], in folder: String, madeBy command: String) throws {
    let found = try reasons(items.map { item in [".h5", ".png"].map { FilePath.join(folder, item + $0) } }).compactMap { $0 }
    if let first = found.first { throw error(first, of: found.count, in: folder, madeBy: command) }
  }

  /// Opens the HDF5 file of a result.
  ///
  /// - Throws: `ResultsError` that names the remedy if the file is damaged or missing; `HDF5Error` if the storage is away.
  package static func open(_ item: String, in folder: String, madeBy command: String) throws -> HDF5File {
    do throws(HDF5Error) {
      return try HDF5File.open(at: FilePath.join(folder, item + ".h5"))
    } catch {
      guard [.truncated, .notHDF5, .noSuchFile, .other].contains(error.kind) else { throw error }
      throw Self.error(error.description, of: 1, in: folder, madeBy: command)
    }
  }

  private static func error(_ first: String, of count: Int, in folder: String, madeBy command: String) -> ResultsError {
    ResultsError(
      .badData,
      "\(count == 1 ? "a result is" : "\(count) results are") damaged, the first: \(first); run \(command) with \(folder) as its "
        + "--output again: it makes them again")
  }
}
