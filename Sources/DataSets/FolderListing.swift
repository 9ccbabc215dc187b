import Files
import Foundation

extension FilePath {
  /// True if `path` is a folder. An archive counts as a folder, and so do the folders in it.
  package static func isFolder(_ path: String) -> Bool { isFolder(FileName(path)) }

  /// True if `path` is anything but a folder. An archive counts as a file too.
  package static func isFile(_ path: String) -> Bool { isFile(FileName(path)) }
}

extension String {
  /// True if this text comes before `other` by bytes, which is the same order on every host and in every locale.
  package static func byBytes(_ one: String, _ other: String) -> Bool { one.utf8.lexicographicallyPrecedes(other.utf8) }
}

/// The contents of a folder; nil if there is no such folder, or it can't be listed. A missing folder is not waited for.
func contentsIfThere(_ path: String) -> FolderContents? {
  FilePath.isFolder(path) ? try? FolderContents(FileName(path)) : nil
}

/// Reads a list of lines; see `TextList`.
package func readList(_ path: String) throws(DataError) -> TextList {
  do throws(TextListError) { return try TextList(contentsOf: path) } catch { throw DataError(error) }
}

/// Reads a list of classes; see `ClassList`.
package func readClassList(_ path: String) throws(DataError) -> ClassList {
  do throws(TextListError) { return try ClassList(contentsOf: path) } catch { throw DataError(error) }
}

/// Reads a text file in UTF-8.
package func readText(_ path: String) throws(DataError) -> String {
  String(decoding: try readBytes(path), as: UTF8.self)
}

/// Reads the bytes of a small file.
package func readBytes(_ path: String) throws(DataError) -> [UInt8] {
  do {
    return try WholeFile.read(FileName(path))
  } catch {
    throw DataError(error)
  }
}

/// Looks for something that may or may not exist below folders that exist; see `StoragePatience.look`.
///
/// - Throws: `DataError` if one of the folders stays away, which says nothing about what was looked for.
func look<Value>(under folders: [FileName], _ find: () -> Value?) throws(DataError) -> Value? {
  do throws(StoragePatience.Trouble) { return try StoragePatience.look(under: folders, find) } catch { throw DataError(error) }
}

/// The path of the first file with one of the `names`, in the first folder that has one; nil if there is none.
///
/// - Parameter root: The folder that the folders are in.
func findFile(_ names: [String], in folders: [String], of root: String) throws(DataError) -> String? {
  let paths = folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
  return try look(under: [FileName(root)]) { paths.first { FilePath.isFile($0) } }
}
