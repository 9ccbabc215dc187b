import Files
import Foundation
import Images

/// A part of an annotation file that can't be used.
public struct AnnotationFault: Sendable, Hashable, Codable {
  /// The path relative to the folder of the annotations.
  public var file: String
  public var reason: String

  public init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }
}

/// The annotations of all files `**/*.xml` under a folder (with an ending in any case), and of Tiny ImageNet's tables.
///
/// A file that can't be read becomes one of the `faults`, and has no boxes; the other files count.
public struct AnnotationSet: Sendable {
  public struct Entry: Sendable, Hashable {
    /// The path relative to the folder.
    public let file: FileName
    /// The file's name without folder and ending, which is that of its picture.
    public let stem: FileName
    public let annotation: Annotation
    /// The whole path of the file.
    public let path: FileName
  }

  public let folder: String
  /// Sorted by the bytes of their stems, then of their files.
  public let entries: [Entry]
  /// Sorted by file.
  public let faults: [AnnotationFault]

  /// - Parameter folder: The folder of the files; or Tiny ImageNet's folder, its `val/`, or one of its tables; or a whole data
  ///   folder in one of the forms that have their own place for annotations.
  /// - Throws: `DataError` if there is no such folder, it has no such file, or none of them can be read; and if the storage is
  ///   away, which says nothing about the files.
  public init(contentsOf folder: String) throws(DataError) {
    var faults: [AnnotationFault] = []
    let files = try Self.files(of: folder, &faults)
    guard !files.isEmpty else {
      throw DataError(
        .labels, "\(folder) has no annotations: no file of it or of its folders ends in .xml; give the folder of the XML files")
    }
    var entries: [Entry] = []
    var unreadable: DataError?
    for file in files {
      do throws(DataError) {
        let found = try file.entries()
        entries += found
        faults += found.flatMap { entry in entry.annotation.faults.map { AnnotationFault(file: file.shown, reason: $0) } }
      } catch {
        if error.storageTrouble != nil { throw error }
        unreadable = unreadable ?? error
        faults.append(AnnotationFault(file: file.shown, reason: error.description.replacing("\(file.path): ", with: "")))
        let nothing = Annotation(width: 0, height: 0, boxes: [])
        if !file.isTable { entries.append(Entry(file: file.name, stem: file.name.stem, annotation: nothing, path: file.path)) }
      }
    }
    if let unreadable, faults.count >= files.count, entries.allSatisfy({ $0.annotation.boxes.isEmpty }) {
      throw DataError(
        .labels, "none of the \(files.count) annotations in \(folder) can be used; the first: \(unreadable.description)")
    }
    self.folder = folder
    self.faults = faults.sorted { String.byBytes($0.file, $1.file) }
    self.entries = entries.sorted { ($0.stem, $0.file) < ($1.stem, $1.file) }
  }

  /// One file of annotations.
  private struct File {
    let path: FileName
    /// The path relative to the folder that holds the set's files.
    let name: FileName
    /// The path relative to the given folder, if the file lies in it.
    let shown: String

    var isTable: Bool { TinyImageNet.isTable(name) }

    /// The annotations in the file: one, or one per picture of a table.
    func entries() throws(DataError) -> [Entry] {
      guard isTable else {
        return [Entry(file: name, stem: name.stem, annotation: try Annotation(contentsOf: path), path: path)]
      }
      return try TinyImageNet.annotations(of: path.path).map {
        Entry(file: name, stem: $0.stem, annotation: $0.annotation, path: path)
      }
    }
  }

  private static func files(of given: String, _ faults: inout [AnnotationFault]) throws(DataError) -> [File] {
    let root = FileName(given)
    if FilePath.isFile(given), !FilePath.isFolder(given) {
      guard TinyImageNet.isTable(root) else {
        throw DataError(.labels, "\(given) is no folder; give the folder of the XML files")
      }
      return [File(path: root, name: root.last, shown: root.last.written)]
    }
    do throws(StoragePatience.Trouble) { try StoragePatience.waitForRoot(given) } catch { throw DataError(error) }
    var files: [FileName: File] = [:]
    for place in try places(in: given).map({ FileName($0) }) {
      do throws(FileError) {
        let tree = try FolderTree(place)
        func shown(_ file: FileName) -> String { (place.appending(file).relative(to: root) ?? place.appending(file)).written }
        faults += tree.closed.map { AnnotationFault(file: shown($0.folder), reason: $0.error.description) }
        for name in tree.files where name.ending == "xml" || TinyImageNet.isTable(name) {
          let path = place.appending(name)
          if files[path] == nil { files[path] = File(path: path, name: name, shown: shown(name)) }
        }
      } catch {
        throw DataError(error)
      }
    }
    return files.values.sorted { $0.path < $1.path }
  }

  /// The folders of the annotations in a data folder whose form has its own place for them; otherwise the folder itself.
  private static func places(in given: String) throws(DataError) -> [String] {
    guard let layout = try Layout.find(given) else { return [given] }
    switch layout.form {
    case .kaggle, .official:
      let found = Split.allCases.flatMap { layout.annotationFolders[$0] ?? [] }.filter(FilePath.isFolder)
      return found.isEmpty ? [given] : Set(found).sorted(by: String.byBytes)
    case .folders, .tinyImageNet, .webDataset, .classFolders: return [given]
    }
  }
}

extension FileName {
  /// The last component without the ending of a picture file: annotations may be called after the whole name of their picture,
  /// like p.JPEG.xml. Other endings stay, because they may be a part of the name.
  package var withoutPictureEnding: FileName { PictureKind.isNamedLikePicture(self) ? stem : last }
}
