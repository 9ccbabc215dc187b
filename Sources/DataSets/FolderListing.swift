import Files
import Foundation

package enum FolderListing {
  /// The same order on every host and in every locale.
  package static func byBytes(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
  }

  /// Whether a folder is at `path`.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
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

/// The first of `names` that is a file in one of the places where ILSVRC's lists are put: the root, `devkit/`, `devkit/data/`,
/// `val/`, and a folder in the root that is called like a kit, such as `ILSVRC2012_devkit_t12/data/`.
package func findList(_ names: [String], in root: String) -> String? {
  let kits = ((try? FolderContents(FileName(root)))?.folders ?? []).map(\.written).filter { $0.lowercased().contains("devkit") }
  let folders = (["devkit"] + kits.filter { $0 != "devkit" }).flatMap { ["\(root)/\($0)", "\(root)/\($0)/data"] }
  return findFile(names, in: [root] + folders + ["\(root)/val"])
}

/// The first of `names` that is a file, in the first of the folders that has one.
func findFile(_ names: [String], in folders: [String]) -> String? {
  for folder in folders {
    for name in names {
      var status = stat()
      let path = "\(folder)/\(name)"
      if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR { return path }
    }
  }
  return nil
}
