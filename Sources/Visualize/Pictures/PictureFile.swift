import Cluster
import DataSets
import Files
import Results

/// A picture file to work on.
public struct PictureFile: Sendable, Hashable {
  /// Absolute.
  public var path: FileName
  /// Its path from the folder that was given: what names it in results, wherever that folder lies.
  public var name: FileName
  /// The synset id of what is in it, where that is known.
  public var truth: String?
  /// Its boxes, where those are known.
  public var annotation: Annotation?

  /// - Parameter name: the path's last component when it is nil.
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
  /// - Returns: what of the annotations can't be used.
  /// - Throws: `DataError` when the folder has none that can be read, `ResultsError` when no picture gets a box.
  mutating func annotate(from folder: String) throws -> [AnnotationFault] {
    let annotations = try AnnotationSet(contentsOf: folder)
    let assignment = AnnotationAssignment(annotations, to: map(\.name))
    let faults = annotations.faults + assignment.faults
    for (index, entry) in zip(indices, assignment.entries) { self[index].annotation = entry?.annotation }
    guard contains(where: { !($0.annotation?.boxes.isEmpty ?? true) }) else {
      let fault = faults.first.map { "; of \(faults.count) faults the first: \($0.file): \($0.reason)" } ?? ""
      throw ResultsError(
        .badData, "none of the \(count) pictures has a box in \(folder), whose files have the pictures' names" + fault)
    }
    return faults
  }

  /// Makes the names differ where pictures of several folders share one: those of later folders get their folder's name
  /// before it, and at last their whole path.
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
