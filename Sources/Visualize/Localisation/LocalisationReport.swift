import Answers
import DataSets
import Files
import Results

/// The files about all results of a folder: boxes, errors, and the table of classes.
struct LocalisationReport {
  static let boxFile = "boxes.csv"
  static let classFile = "classes.csv"
  static let submissionFile = "submission.txt"
  static let submissionPictures = "submission-pictures.txt"
  static let files = [boxFile, classFile, submissionFile, submissionPictures]

  /// The numbers of pictures that the errors leave out.
  let blackList: Set<Int>
  private(set) var answers: [PictureAnswers] = []
  private(set) var score = LocalisationScore()
  private(set) var blacklisted = 0

  init(blackList: Set<Int>) { self.blackList = blackList }

  /// Adds a picture. Without true boxes it doesn't count in the errors.
  mutating func add(_ record: ResultRecord<LocalisationFacts>) {
    let found = record.facts.answers ?? []
    var picture = PictureAnswers(image: record.name, answers: found.map(\.box), scores: found.map(\.score))
    picture.picture = record.picture.map(FileName.init(written:))
    picture.frame = record.facts.frame
    answers.append(picture)
    guard let truth = record.facts.truthBoxes, !truth.isEmpty else { return }
    if let number = pictureNumber(record.source ?? record.name), blackList.contains(number) {
      blacklisted += 1
    } else {
      score.add(answers: found.map(\.box), truth: truth)
    }
  }

  /// Writes `boxes.csv`; if boxes are known, `classes.csv`; and if there are class numbers, the devkit's file and the list of its
  /// pictures' names.
  func write(to store: ResultStore, numbers: ClassNumbers?, names: [String: String]) throws {
    let answers = answers.sorted { $0.image.utf8.lexicographicallyPrecedes($1.image.utf8) }
    try AtomicFile.write(BoxTable.text(answers), to: store.path(Self.boxFile))
    if score.all.pictures > 0 { try AtomicFile.write(score.table(names: names), to: store.path(Self.classFile)) }
    guard let numbers else { return }
    try AtomicFile.write(SubmissionFile.text(answers, numbers: numbers), to: store.path(Self.submissionFile))
    try AtomicFile.write(answers.map { $0.image + "\n" }.joined(), to: store.path(Self.submissionPictures))
  }

  func complete(_ findings: inout JobFindings) {
    guard score.all.pictures > 0 else { return }
    (findings.localisationError, findings.classificationError) = (score.all.localisationError, score.all.classificationError)
    (findings.picturesWithBoxes, findings.blacklisted) = (score.all.pictures, blacklisted)
  }
}
