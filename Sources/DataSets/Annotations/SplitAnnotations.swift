import Files
import Synchronization

/// The boxes of a split's pictures, wherever the data folder's form has them: in files under `Annotations/` and similar folders,
/// or in the tables of Tiny ImageNet.
public final class SplitAnnotations: Sendable {
  private let layout: Layout
  private let split: Split
  private let folders: [FileName]
  /// The tables that have been read, by path: each picture's annotation by the picture's name without ending.
  private let tables = Mutex<[String: [FileName: Annotation]]>([:])

  public init(_ layout: Layout, _ split: Split) {
    self.layout = layout
    self.split = split
    folders = (layout.annotationFolders[split] ?? []).map { FileName($0) }
  }

  /// Checks that archives of boxes can be read: otherwise one picture after the other would later have no boxes.
  ///
  /// - Throws: `DataError` for an archive that is cut or damaged.
  public func requireArchives() throws(DataError) {
    for archive in Set(folders.compactMap { FilePath.archive(of: $0) }) { _ = try folderContents(archive) }
  }

  /// - Parameter name: The name of the picture's file.
  /// - Returns: nil if the picture has no annotation.
  /// - Throws: `DataError` for a damaged file, with its name relative to the data folder.
  public func annotation(of name: FileName, wnid: String) throws(DataError) -> Annotation? {
    let stem = name.stem
    let names = [stem, name].flatMap { name in [".xml", ".XML"].map { FileName(bytes: name.bytes + Array($0.utf8)) } }
    do throws(DataError) {
      let places = folders.flatMap { [$0.appending(FileName(written: wnid)), $0] }
      let paths = places.flatMap { place in names.map { place.appending($0) } }
      if let path = try look(under: folders, { paths.first { FilePath.isFile($0) } }) {
        return try Annotation(contentsOf: path)
      }
      return try table(of: wnid)?[stem]
    } catch {
      throw DataError(error.kind, error.description.replacing(FileName(layout.root + "/").written, with: ""))
    }
  }

  /// Tiny ImageNet's table for a class; nil in other forms, or if there is none.
  private func table(of wnid: String) throws(DataError) -> [FileName: Annotation]? {
    guard layout.form == .tinyImageNet, let path = path(of: wnid) else { return nil }
    if let known = tables.withLock({ $0[path] }) { return known }
    let isThere = try look(under: [FileName(layout.root)]) { FilePath.isFile(path) ? true : nil } != nil
    let found = isThere ? try TinyImageNet.annotations(of: path) : []
    let table = Dictionary(found.map { ($0.stem, $0.annotation) }, uniquingKeysWith: { first, _ in first })
    tables.withLock { $0[path] = table }
    return table
  }

  private func path(of wnid: String) -> String? {
    if split == .val, let table = layout.labelTable { return table }
    return layout.folder(of: split).map { TinyImageNet.table(of: wnid, in: "\($0)/\(wnid)") }
  }
}
