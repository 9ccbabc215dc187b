import DataSets
import Files
import Foundation
import Results

/// Computes the localisation error of a file of answers, for the command `score`.
///
/// Boxes and answers are matched as in `localise`: `AnnotationAssignment` assigns an annotation to its picture, and the
/// annotation's boxes are moved into the picture's frame if the file of answers has the frame.
public struct AnswerScore {
  public private(set) var score = LocalisationScore()
  /// The annotations that can't be used, with the reasons.
  public private(set) var faults: [AnnotationFault]
  /// The assumptions that had to be made about pictures, one sentence per picture.
  public private(set) var warnings: [String] = []
  private let excluded: Set<Int>

  /// Scores the answers. Every annotated picture counts; a picture without an answer is wrong.
  ///
  /// - Parameters:
  ///   - answers: `boxes.csv` as `localise` writes it, Kaggle's form, or the devkit's submission.
  ///   - classList: the list that numbers as labels refer to.
  ///   - pictures: the names of the pictures that count, in the order of a submission's lines; nil counts all.
  ///   - excluded: the numbers of pictures that don't count.
  /// - Throws: `TextListError`, `DataError` or `ResultsError` that names what can't be understood.
  public init(
    answers path: String, annotations: AnnotationSet, classList: ClassNumbers?, pictures: [FileName]?, excluded: Set<Int> = []
  ) throws {
    self.excluded = excluded
    faults = annotations.faults
    let list = try TextList(contentsOf: path)
    let isTable = SubmissionFile.isKaggle(list) || Self.isTable(list)
    guard isTable || classList != nil else {
      throw ResultsError(
        .wrongUse, "\(path) has numbers for classes: give what they count with --class-list (ILSVRC2012_meta.mat or a list)")
    }
    if let classList { try Self.check(classList, annotations) }
    if !isTable, let classList {
      // One line per picture: the pictures that are listed, or else all that are annotated.
      let names = pictures ?? annotations.entries.map { FileName(bytes: $0.stem.bytes) }
      let entries = pictures.map { assigned(annotations, to: $0).entries } ?? annotations.entries
      let found = try SubmissionFile.parse(list, images: names.map(\.written), numbers: classList)
      for (answers, entry) in zip(found, entries) { add(answers, entry) }
      return
    }
    let found =
      SubmissionFile.isKaggle(list) ? try SubmissionFile.parseKaggle(list, numbers: classList) : try BoxTable.parse(list)
    let counting = pictures.map { Set($0.map(Self.stem)) }
    let assignment = assigned(annotations, to: found.map { $0.picture ?? FileName($0.image) })
    for (answers, entry) in zip(found, assignment.entries) where entry.map({ counting?.contains($0.stem) ?? true }) ?? false {
      add(answers, entry)
    }
    for entry in assignment.rest where counting?.contains(entry.stem) ?? true { add(nil, entry) }
  }

  /// - Throws: `ResultsError` if the annotations have none of the list's classes, because it has other ids, or only names.
  private static func check(_ list: ClassNumbers, _ annotations: AnnotationSet) throws(ResultsError) {
    let annotated = Set(annotations.entries.flatMap { $0.annotation.boxes.map(\.wnid) })
    guard annotated.isDisjoint(with: list.classes), let listed = list.classes.min(), let known = annotated.min() else { return }
    throw ResultsError(
      .badData,
      "none of the \(list.classes.count) classes of the class list (such as \(listed)) is in the annotations (such as \(known)); "
        + "give the list of their synset ids with --class-list")
  }

  private mutating func assigned(_ annotations: AnnotationSet, to pictures: [FileName]) -> AnnotationAssignment {
    let assignment = AnnotationAssignment(annotations, to: pictures, stems: pictures.map(Self.stem))
    faults += assignment.faults
    return assignment
  }

  private mutating func add(_ answers: PictureAnswers?, _ entry: AnnotationSet.Entry?) {
    guard let entry else { return }
    if let number = pictureNumber(entry.stem.written), excluded.contains(number) { return }
    let framed = answers?.frame.map { entry.annotation.boxes(in: $0) }
    if let warning = framed?.warning { warnings.append("\(answers?.picture?.written ?? entry.stem.written): \(warning)") }
    score.add(answers: answers?.answers ?? [], truth: framed?.boxes ?? entry.annotation.boxes)
  }

  /// True if a list is a table of boxes: it has a header, or at least its columns with a class that isn't a number. A submission
  /// may be separated by tabs too.
  private static func isTable(_ list: TextList) -> Bool {
    guard let first = list.entries.first, let fields = try? first.fields(separator: list.separator) else { return false }
    if fields.contains(where: { $0.text.trimmingCharacters(in: .whitespaces).lowercased() == "image" }) { return true }
    return fields.count >= BoxTable.leastColumns.count && fields[2].integer == nil
  }

  /// A picture's name in the form that annotations use: without the folder and the file extension.
  private static func stem(_ picture: FileName) -> FileName {
    ["jpg", "jpeg", "jpe", "jfif", "png"].contains(picture.ending) ? picture.stem : picture.last
  }
}
