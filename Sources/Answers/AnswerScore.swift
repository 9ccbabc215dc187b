import DataSets
import Files
import Foundation
import Images

/// Computes the localisation error of a file of answers, for the command `score`.
///
/// Boxes and answers are matched as in `localise`: `AnnotationAssignment` assigns an annotation to its picture, and the
/// annotation's boxes are moved into the picture's frame if the file of answers has the frame.
public struct AnswerScore {
  public private(set) var score = LocalisationScore()
  /// The annotations that can't be used, with the reasons.
  public private(set) var faults: [AnnotationFault]
  /// Sentences about names in one file that the others don't have, and about assumptions on the pictures.
  public private(set) var warnings: [String] = []
  private let excluded: Set<Int>
  private let names: AnnotatedNames

  /// Scores the answers. Every annotated picture counts; a picture without an answer is wrong.
  ///
  /// - Parameters:
  ///   - answers: `boxes.csv` as `localise` writes it, Kaggle's form, or the devkit's submission.
  ///   - classList: the list that numbers as labels refer to.
  ///   - pictures: the list of the names of the pictures that count, in the order of a submission's lines; nil counts all.
  ///   - excluded: the numbers of pictures that don't count.
  /// - Throws: `TextListError` or `DataError` that names what can't be understood, or names that never meet.
  public init(
    answers path: String, annotations: AnnotationSet, classList: ClassNumbers?, pictures: TextList?, excluded: Set<Int> = []
  ) throws {
    self.excluded = excluded
    faults = annotations.faults
    names = AnnotatedNames(annotations)
    let list = try TextList(contentsOf: path)
    let isTable = SubmissionFile.isKaggle(list) || Self.isTable(list)
    if list.entries.isEmpty { throw DataError(.labels, "\(path) is empty; answers are expected, such as boxes.csv of localise") }
    if !isTable, let first = list.entries.first, first.words().contains(where: { $0.rounded == nil }) {
      throw DataError(
        .labels,
        "\(path), line \(first.number): \"\(first.shown)\" is neither a line of the columns \(BoxTable.leastColumns.joined(separator: ",")) "
          + "between commas, semicolons or tabs, nor the numbers of a submission; it has to begin with its header or its answers")
    }
    guard isTable || classList != nil else {
      throw DataError(
        .wrongUse, "\(path) has numbers for classes: give what they count with --class-list (ILSVRC2012_meta.mat or a list)")
    }
    if let classList { try Self.check(classList, annotations) }
    let listed = try pictures.map { list throws in try listedNames(list, isInOrder: !isTable, annotations) }
    if !isTable, let classList {
      // One line per picture: the pictures that are listed, or else all that are annotated.
      let names = listed ?? annotations.entries.map(\.stem)
      let entries = listed.map { assigned(annotations, to: $0).entries } ?? annotations.entries
      let found = try SubmissionFile.parse(list, images: names.map(\.written), numbers: classList)
      for (answers, entry) in zip(found, entries) { add(answers, entry) }
      return
    }
    let found =
      SubmissionFile.isKaggle(list) ? try SubmissionFile.parseKaggle(list, numbers: classList) : try BoxTable.parse(list)
    try Self.check(found, of: path, annotations)
    try add(found, of: path, annotations, counting: listed.map { Set($0.map(\.withoutPictureEnding)) })
  }

  /// Adds the answers of a table, which has the names of its pictures.
  ///
  /// - Parameter counting: the pictures that count; nil counts all.
  private mutating func add(
    _ found: [PictureAnswers], of path: String, _ annotations: AnnotationSet, counting: Set<FileName>?
  ) throws(DataError) {
    func counts(_ entry: AnnotationSet.Entry) -> Bool {
      counting.map { $0.contains(entry.stem) || $0.contains(entry.stem.withoutPictureEnding) } ?? true
    }
    let pictures = found.map { names.path($0.picture ?? FileName($0.image)) }
    let assignment = assigned(annotations, to: pictures)
    var strangers: [FileName] = []
    var matched = 0
    for (index, entry) in assignment.entries.enumerated() {
      guard let entry else {
        strangers.append(pictures[index])
        continue
      }
      guard counts(entry) else { continue }
      add(found[index], entry)
      matched += 1
    }
    if let first = pictures.first, matched == 0 {
      throw names.neverMeet("the \(found.count) pictures in \(path)", first, counting != nil, faults)
    }
    // What a list of pictures leaves out is left out on purpose.
    if counting == nil { note(strangers, "in the answers", "no annotation", "left out") }
    let rest = assignment.rest.filter(counts)
    for entry in rest { add(nil, entry) }
    note(
      rest.filter { !isExcluded($0) && !$0.annotation.boxes.isEmpty }.map(\.stem), "of the annotations", "no answer",
      "counted as wrong")
  }

  /// The listed names that are of annotated pictures, or all of them if they are in the order of a submission's lines.
  ///
  /// - Throws: `DataError` if none is of an annotated picture, or a name is repeated that stands for a line.
  private mutating func listedNames(
    _ list: TextList, isInOrder: Bool, _ annotations: AnnotationSet
  ) throws(DataError) -> [FileName] {
    let listed = list.entries.map { (name: names.name(in: $0), line: $0) }
    let strangers = listed.map(\.name).filter { !names.contains($0) }
    if let first = strangers.first, strangers.count == listed.count {
      throw names.neverMeet("the \(listed.count) pictures listed in \(list.path)", first, false, faults)
    }
    note(strangers, "in \(list.path)", "no annotation", "left out")
    guard isInOrder else { return listed.map(\.name) }
    var seen: Set<FileName> = []
    for (name, line) in listed where !seen.insert(name).inserted {
      throw DataError(
        .labels,
        "\(list.path), line \(line.number): \(name) is listed before; list each picture once, in the order of the answers")
    }
    return listed.map(\.name)
  }

  /// Adds a warning about names that one file has and another doesn't, such as `2 pictures in the answers have no annotation …`.
  private mutating func note(_ pictures: [FileName], _ place: String, _ lack: String, _ result: String) {
    guard !pictures.isEmpty else { return }
    let shown = pictures.prefix(10).map(\.written).joined(separator: ", ") + (pictures.count > 10 ? ", …" : "")
    let isOne = pictures.count == 1
    warnings.append(
      "\(pictures.count) picture\(isOne ? "" : "s") \(place) \(isOne ? "has" : "have") \(lack) and \(isOne ? "is" : "are") \(result): "
        + shown)
  }

  /// - Throws: `DataError` if the annotations have none of the list's classes, because it has other ids, or only names.
  private static func check(_ list: ClassNumbers, _ annotations: AnnotationSet) throws(DataError) {
    let annotated = Set(annotations.entries.flatMap { $0.annotation.boxes.map(\.wnid) })
    guard annotated.isDisjoint(with: list.classes), let listed = list.classes.min(), let known = annotated.min() else { return }
    throw DataError(
      .labels,
      "none of the \(list.classes.count) classes of the class list (such as \(listed)) is in the annotations (such as \(known)); "
        + "give the list of their synset ids with --class-list")
  }

  /// - Throws: `DataError` if no answer is of an annotated class, because they have names where ids are expected, say.
  private static func check(_ found: [PictureAnswers], of path: String, _ annotations: AnnotationSet) throws(DataError) {
    let annotated = Set(annotations.entries.flatMap { $0.annotation.boxes.map(\.wnid) })
    let answered = Set(found.flatMap { $0.answers.map(\.wnid) })
    guard annotated.isDisjoint(with: answered), let answer = answered.min(), let known = annotated.min() else { return }
    throw DataError(
      .labels,
      "none of the \(answered.count) classes of the answers in \(path) (such as \(answer)) is in the annotations (such as \(known)); "
        + "give answers and annotations the same names for classes")
  }

  private mutating func assigned(_ annotations: AnnotationSet, to pictures: [FileName]) -> AnnotationAssignment {
    let assignment = AnnotationAssignment(annotations, to: pictures, stems: pictures.map(\.withoutPictureEnding))
    faults += assignment.faults
    return assignment
  }

  private mutating func add(_ answers: PictureAnswers?, _ entry: AnnotationSet.Entry?) {
    guard let entry else { return }
    if isExcluded(entry) { return }
    let framed = answers?.frame.map { entry.annotation.boxes(in: $0) }
    if let warning = framed?.warning { warnings.append("\(answers?.picture?.written ?? entry.stem.written): \(warning)") }
    score.add(answers: answers?.answers ?? [], truth: framed?.boxes ?? entry.annotation.boxes)
  }

  private func isExcluded(_ entry: AnnotationSet.Entry) -> Bool {
    pictureNumber(entry.stem.written).map(excluded.contains) ?? false
  }

  /// True if a list is a table of boxes: it has a header, or at least its columns with a class that isn't a number. A submission
  /// may be separated by tabs too.
  private static func isTable(_ list: TextList) -> Bool {
    if list.columnNames.contains("image") { return true }
    guard let first = list.entries.first, let fields = try? first.fields(separator: list.separator) else { return false }
    return fields.count >= BoxTable.leastColumns.count && fields[2].rounded == nil
  }
}
