import Files
import Foundation

package enum FolderListing {
  /// The same order on every host and in every locale.
  package static func byBytes(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
  }

  /// Whether a folder is at `path`; so is an archive, for whoever asks for it, and the folders in it.
  package static func isFolder(_ path: String) -> Bool { isFolder(FileName(path)) }

  package static func isFolder(_ path: FileName) -> Bool { FilePath.isFolder(path) }

  /// Whether something else than a folder is at `path`.
  package static func isFile(_ path: String) -> Bool { isFile(FileName(path)) }

  package static func isFile(_ path: FileName) -> Bool { FilePath.isFile(path) }
}

/// What stands in a folder; nil when there is none, or it can't be listed. Nothing is waited for where there is none.
func contentsIfThere(_ path: String) -> FolderContents? {
  FolderListing.isFolder(path) ? try? FolderContents(FileName(path)) : nil
}

/// A list of lines; see `TextList`.
package func readList(_ path: String) throws(DataError) -> TextList {
  do throws(TextListError) { return try TextList(contentsOf: path) } catch { throw DataError(error) }
}

/// A list of classes; see `ClassList`.
package func readClassList(_ path: String) throws(DataError) -> ClassList {
  do throws(TextListError) { return try ClassList(contentsOf: path) } catch { throw DataError(error) }
}

/// A text file in UTF-8.
package func readText(_ path: String) throws(DataError) -> String {
  String(decoding: try readBytes(path), as: UTF8.self)
}

/// The bytes of a small file.
package func readBytes(_ path: String) throws(DataError) -> [UInt8] {
  do {
    return try WholeFile.read(FileName(path))
  } catch {
    throw DataError(error)
  }
}

/// What may be there or not below folders that are there; see `StoragePatience.look`.
///
/// - Throws: `DataError` when one of the folders stays away, which says nothing of what was looked for.
func look<Value>(under folders: [FileName], _ find: () -> Value?) throws(DataError) -> Value? {
  do throws(StoragePatience.Trouble) { return try StoragePatience.look(under: folders, find) } catch { throw DataError(error) }
}

/// The first of `names` that is a file, in the first of the folders that has one.
///
/// - Parameter root: that the folders are in.
func findFile(_ names: [String], in folders: [String], of root: String) throws(DataError) -> String? {
  let paths = folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
  return try look(under: [FileName(root)]) { paths.first { FolderListing.isFile($0) } }
}
