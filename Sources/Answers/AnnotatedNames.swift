import DataSets
import Files

/// The names of annotated pictures, for lists and answers that write them in other ways: with folders, with an ending, or with
/// Windows' backslashes.
struct AnnotatedNames {
  /// Names without folder and picture ending.
  private let names: Set<FileName>
  private let classes: Set<String>
  private let example: FileName
  private let folder: String

  init(_ annotations: AnnotationSet) {
    names = Set(annotations.entries.flatMap { [$0.stem, $0.stem.withoutPictureEnding] })
    classes = Set(annotations.entries.flatMap { $0.annotation.boxes.map(\.wnid) })
    example = annotations.entries.first?.stem ?? "."
    folder = annotations.folder
  }

  /// True if the picture is annotated.
  func contains(_ picture: FileName) -> Bool { names.contains(picture.withoutPictureEnding) }

  /// The picture's path with slashes, if it was written with backslashes; an annotated picture may have one in its name.
  func path(_ picture: FileName) -> FileName {
    contains(picture)
      ? picture : FileName(bytes: picture.bytes.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 })
  }

  /// The picture of a list's line: the whole line, or all before a whole number or a class at its end.
  func name(in line: TextList.Line) -> FileName {
    let whole = path(line.words(most: 1).first?.name ?? ".")
    guard !contains(whole), let (before, last) = line.lastWord(), last.integer != nil || classes.contains(last.name.written)
    else { return whole }
    return path(before.name)
  }

  /// An error about pictures of which none is annotated.
  ///
  /// - Parameters:
  ///   - pictures: a phrase that follows "none of".
  ///   - isListed: true if only listed pictures count.
  func neverMeet(_ pictures: String, _ first: FileName, _ isListed: Bool, _ faults: [AnnotationFault]) -> DataError {
    let fault = faults.first.map { "; of \(faults.count) faults the first: \($0.file): \($0.reason)" } ?? ""
    return DataError(
      .labels,
      "none of \(pictures) (such as \(first)) has a\(isListed ? " listed" : "n") annotation in \(folder) (such as \(example)); "
        + "give the pictures the names of their annotations, in the same letters and case" + fault)
  }
}
