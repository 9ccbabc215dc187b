import Files
import Foundation

/// What of an annotation file can't be used.
public struct AnnotationFault: Sendable, Hashable, Codable {
  /// Relative to the folder of the annotations.
  public var file: String
  public var reason: String

  public init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }
}

/// The annotations of all files `**/*.xml` under a folder, whatever the case of the ending.
///
/// A file that can't be read is one of the `faults`, and has no boxes; the others count.
public struct AnnotationSet: Sendable {
  public struct Entry: Sendable, Hashable {
    /// Relative to the folder.
    public let file: FileName
    /// Its name without folder and ending: that of its picture.
    public let stem: FileName
    public let annotation: Annotation
  }

  public let folder: String
  /// In the order of their stems, then of their files, by bytes.
  public let entries: [Entry]
  /// In the order of the files.
  public let faults: [AnnotationFault]
  let byStem: [FileName: [Entry]]

  /// - Throws: `DataError` when there is no such folder, it has no such file, or none of them can be read; and when the storage
  ///   is away, which says nothing of the files.
  public init(contentsOf folder: String) throws(DataError) {
    var status = stat()
    if stat(folder, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
      throw DataError(.labels, "\(folder) is no folder; give the folder of the XML files")
    }
    var faults: [AnnotationFault] = []
    let files = try Self.files(below: folder, &faults)
    guard !files.isEmpty else {
      throw DataError(
        .labels, "\(folder) has no annotations: no file of it or of its folders ends in .xml; give the folder of the XML files")
    }
    var entries: [Entry] = []
    var unreadable: DataError?
    for file in files {
      var annotation = Annotation(width: 0, height: 0, boxes: [])
      do throws(DataError) {
        annotation = try Annotation(contentsOf: FileName(folder).appending(file))
        faults += annotation.faults.map { AnnotationFault(file: file.written, reason: $0) }
      } catch {
        if error.storageTrouble != nil { throw error }
        unreadable = unreadable ?? error
        let path = FileName(folder).appending(file).written
        faults.append(AnnotationFault(file: file.written, reason: error.description.replacing("\(path): ", with: "")))
      }
      entries.append(Entry(file: file, stem: file.stem, annotation: annotation))
    }
    if let unreadable, faults.count >= files.count, entries.allSatisfy({ $0.annotation.boxes.isEmpty }) {
      throw DataError(.labels, "none of the \(files.count) annotations in \(folder) can be used; the first: \(unreadable.description)")
    }
    self.folder = folder
    self.faults = faults.sorted { FolderListing.byBytes($0.file, $1.file) }
    byStem = Dictionary(grouping: entries, by: \.stem)
    self.entries = entries.sorted { ($0.stem, $0.file) < ($1.stem, $1.file) }
  }

  /// The files of annotations, relative to the folder.
  private static func files(below root: String, _ faults: inout [AnnotationFault]) throws(DataError) -> [FileName] {
    do throws(StoragePatience.Trouble) { try StoragePatience.waitForRoot(root) } catch { throw DataError(error) }
    do throws(FileError) {
      let tree = try FolderTree(FileName(root))
      faults += tree.closed.map { AnnotationFault(file: $0.folder.written, reason: $0.error.description) }
      return tree.files.filter { $0.ending == "xml" }
    } catch {
      throw DataError(error)
    }
  }
}
