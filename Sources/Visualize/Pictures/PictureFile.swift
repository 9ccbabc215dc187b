import Cluster
import DataSets
import Files
import Results

/// A picture file that a job works on.
public struct PictureFile: Sendable, Hashable {
  /// The absolute path.
  public var path: FileName
  /// The path within the folder that was given: the picture's name in results, wherever that folder is.
  public var name: FileName
  /// The synset id of the picture's true class, if it is known.
  public var truth: String?
  /// The picture's boxes, if they are known.
  public var annotation: Annotation?
  /// The file of the boxes, if they are from one of the picture's own.
  public var annotationPath: FileName?

  /// - Parameter name: if nil, the path's last component.
  public init(path: FileName, name: FileName? = nil, truth: String? = nil, annotation: Annotation? = nil) {
    self.path = path
    self.name = name ?? path.last
    self.truth = truth
    self.annotation = annotation
  }
}

extension [PictureFile] {
  /// Gives each picture its boxes from a folder of annotations.
  ///
  /// - Parameter classes: those that the net knows.
  /// - Returns: the annotations that can't be used, with the reasons; and a sentence about names that don't meet, or nil.
  /// - Throws: `DataError` if the folder has no annotation that can be read, `ResultsError` if no picture gets a box.
  mutating func annotate(from folder: String, classes: [String]) throws -> (faults: [AnnotationFault], note: String?) {
    let annotations = try AnnotationSet(contentsOf: folder)
    let assignment = AnnotationAssignment(annotations, to: map(\.name))
    let faults = annotations.faults + assignment.faults
    for (index, entry) in zip(indices, assignment.entries) {
      (self[index].annotation, self[index].annotationPath) = (entry?.annotation, entry?.path)
    }
    guard contains(where: { !($0.annotation?.boxes.isEmpty ?? true) }) else {
      let fault = faults.first.map { "; of \(faults.count) faults the first: \($0.file): \($0.reason)" } ?? ""
      throw ResultsError(
        .badData, "none of the \(count) pictures has a box in \(folder), whose files have the pictures' names" + fault)
    }
    let boxed = Set(flatMap { $0.annotation?.boxes.map(\.wnid) ?? [] })
    if boxed.isDisjoint(with: classes), let box = boxed.min(), let known = classes.min() {
      return (
        faults,
        "none of the \(boxed.count) classes of the boxes in \(folder) (such as \(box)) is a class of the net (such as \(known)): no answer "
          + "can be right"
      )
    }
    let without = filter { $0.annotation == nil }
    guard let picture = without.first, let entry = assignment.rest.first else { return (faults, nil) }
    let note =
      "\(without.count) of the \(count) pictures have no annotation in \(folder) (such as \(picture.name)), and "
      + "\(assignment.rest.count) of the annotations there are of none of the pictures (such as \(entry.file))"
    return (faults, note)
  }

  /// Makes the names unique if pictures of several folders share one. The names of later folders' pictures get the folder's name
  /// before them, or as a last resort become the whole path.
  mutating func distinguishNames() {
    var seen: Set<FileName> = []
    for index in indices where !seen.insert(self[index].name).inserted {
      let path = self[index].path
      let parts = path.components.suffix(self[index].name.components.count + 1)
      let longer = parts.dropFirst().reduce(parts.first ?? path) { $0.appending($1) }
      self[index].name = seen.insert(longer).inserted ? longer : path
    }
  }
}
