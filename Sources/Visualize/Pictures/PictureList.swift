import Cluster
import DataSets
import Files
import Foundation
import Results

/// The pictures that a job works on, and what was found beside them.
public struct PictureList: Sendable {
  /// The pictures in the order of the paths that were given; those of a folder in the byte order of their own paths.
  public var files: [PictureFile]
  public private(set) var passedOver = PassedOver()
  /// The annotations that can't be used, with the reasons.
  public private(set) var annotationFaults: [AnnotationFault] = []
  /// What is known of the data folders that the pictures are in, as sentences for the log.
  public private(set) var notes: [String] = []

  public init(_ files: [PictureFile]) { self.files = files }

  /// Finds the pictures of files and folders, each only once. The paths are as `FileName.argument` gives them. Folders are
  /// searched to any depth. A picture inside a folder with the name of a class belongs to that class. Pictures of a flat `val/`
  /// have the classes that their data folder says.
  ///
  /// A folder inside that can't be listed is in the list as if it were a picture that can't be read.
  ///
  /// - Parameter classes: the synset ids that the net knows.
  /// - Throws: `ResultsError` if a path doesn't exist, a folder can't be listed, or there is no picture at all.
  public static func find(_ paths: [String], classes: [String]) throws(ResultsError) -> PictureList {
    let known = Set(classes)
    var seen: Set<FileName> = []
    var list = PictureList([])
    // The labels of a folder are looked up once, even if its pictures are given one by one.
    var labelsOfFolder: [FileName: KnownLabels?] = [:]
    for path in paths.map(FileName.init(argument:)) {
      do throws(StoragePatience.Trouble) {
        try StoragePatience.waitForRoot(path)
      } catch { throw ResultsError(error.kind == .stopped ? .stopped : .system, error.description) }
      let root = path.absolute
      let before = list.files.count
      let isFolder = FilePath.isFolder(root)
      guard isFolder || FilePath.isFile(root) else {
        throw ResultsError(.badData, "there is no picture or folder \(path): \(FileError.text(ENOENT))")
      }
      let folder = isFolder ? root : root.folder
      guard !FilePath.isFile(folder.appending(PackIndex.fileName)) else {
        throw ResultsError(
          .wrongUse, "\(folder.written) is a pack, which holds pictures for training: give the photographs that it was made of")
      }
      if labelsOfFolder[folder] == nil { labelsOfFolder[folder] = .some(try list.knownLabels(around: folder, classes: classes)) }
      let labels = labelsOfFolder[folder] ?? nil
      for name in isFolder ? try list.pictures(below: root, labels) : [root.last]
      where seen.insert(folder.appending(name)).inserted {
        let path = folder.appending(name)
        let truth =
          name.folder.components.reversed().map(\.className).first { known.contains($0) } ?? labels?.wnid(of: path)
          ?? (known.contains(folder.last.className) ? folder.last.className : nil)
        list.files.append(PictureFile(path: path, name: name, truth: truth))
      }
      if isFolder, let labels {
        list.notes.append(labels.sentence(pictures: list.files.count - before))
        if let problem = labels.problem { list.note(unknownClasses: problem) }
      }
    }
    guard !list.files.isEmpty else {
      let found = list.passedOver.sentences.map { "; " + $0 }.joined()
      throw ResultsError(
        .badData, "no pictures in \(paths.map { FileName(argument: $0).written }.joined(separator: ", "))\(found)")
    }
    list.files.distinguishNames()
    return list
  }

  /// Returns the pictures with their boxes from a folder of annotations. Only rank 0 reads the folder, and only its pictures have
  /// boxes.
  ///
  /// - Throws: the errors of `annotate`, on all ranks.
  /// - Note: collective
  public func annotated(from folder: String, classes: [String] = [], _ communicator: Communicator) throws -> PictureList {
    var pictures = self
    try communicator.onFirst(.loading) {
      let found = try pictures.files.annotate(from: folder, classes: classes)
      pictures.annotationFaults = found.faults
      if let note = found.note { pictures.notes.append(note) }
    }
    return pictures
  }

  private mutating func knownLabels(around folder: FileName, classes: [String]) throws(ResultsError) -> KnownLabels? {
    do throws(DataError) { return try KnownLabels(around: folder, classes: classes) } catch {
      guard error.storageTrouble == nil else {
        throw ResultsError(error.kind == .stopped ? .stopped : .system, error.description)
      }
      note(unknownClasses: error.description)
      return nil
    }
  }

  private mutating func note(unknownClasses reason: String) { notes.append("the pictures' classes aren't known: \(reason)") }

  /// - Returns: paths relative to the folder.
  private mutating func pictures(below root: FileName, _ labels: KnownLabels?) throws(ResultsError) -> [FileName] {
    var found: [FileName] = []
    let parts = labels?.parts(of: root)
    if parts != nil, let labels { passedOver.add(labels.layout.unused) }
    for part in parts ?? ["."] {
      let walk: PictureWalk
      do throws(FileError) {
        walk = try PictureWalk(root.appending(part), shown: part) { labels?.isTable($0) ?? false }
      } catch {
        let kind: ResultsError.Kind = error.kind == .storage ? .system : error.kind == .stopped ? .stopped : .badData
        throw ResultsError(kind, error.description)
      }
      passedOver.add(walk.passedOver)
      found += (walk.files + walk.closed.map(\.folder)).map { part.appending($0) }
    }
    return found.sorted()
  }
}

extension PictureList: RandomAccessCollection, MutableCollection, ExpressibleByArrayLiteral {
  public init(arrayLiteral files: PictureFile...) { self.init(files) }

  public var startIndex: Int { files.startIndex }
  public var endIndex: Int { files.endIndex }
  public subscript(index: Int) -> PictureFile {
    get { files[index] }
    set { files[index] = newValue }
  }
}
