import ArgumentParser
import DataSets
import Foundation
import Visualize

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "The ILSVRC localisation error of a file of boxes.",
    discussion: """
      deepinside score --answers boxes/boxes.csv --annotations data/Annotations
      deepinside score --answers submission.txt --annotations Annotations/val --class-list ILSVRC2012_meta.mat

      The answers are boxes.csv as localise writes it, or the devkit's file: a line a picture, label xmin ymin xmax ymax up to
      five times. Its lines are the annotated pictures in the order of their names, unless --pictures lists them.
      Every annotated picture counts; one without an answer is wrong.
      """)

  @Option(help: ArgumentHelp("boxes.csv, or a devkit submission.", valueName: "file"))
  var answers: String

  @Option(help: ArgumentHelp("A folder of PASCAL VOC files with the true boxes.", valueName: "dir"))
  var annotations: String

  @Option(help: ArgumentHelp("What a submission's labels count: ILSVRC2012_meta.mat, or a list of synsets.", valueName: "file"))
  var classList: String?

  @Option(help: ArgumentHelp("The names of the pictures that count, one a line.", valueName: "file"))
  var pictures: String?

  @Option(help: ArgumentHelp("Numbers of pictures that don't count, one a line.", valueName: "file"))
  var blacklist: String?

  @Flag(help: "Print one JSON object instead of sentences.")
  var json = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    try runOnRanks { communicator in
      guard communicator.rank == 0 else { return }
      let score = try score()
      guard score.all.pictures > 0 else {
        throw VisualizeError(.badData, "none of the pictures has a box in \(annotations); are the names the same?")
      }
      if json {
        let fields: [String: Any] = [
          "pictures": score.all.pictures, "localisationError": score.all.localisationError,
          "classificationError": score.all.classificationError,
        ]
        print(String(decoding: try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys]), as: UTF8.self))
      } else {
        for k in 0..<LocalisationScore.answers {
          print(errorLine(k + 1, score.all.localisationError[k], score.all.classificationError[k]))
        }
        if !common.quiet { print("over \(score.all.pictures) pictures\n\n" + score.table(), terminator: "") }
      }
    }
  }

  private func score() throws -> LocalisationScore {
    let truth = try readAnnotations(annotations)
    let excluded = try blacklist.map(readBlackList) ?? []
    let listed = try pictures.map { path in
      try readLines(path).compactMap { $0.split(separator: " ").first.map { pictureName(String($0)) } }
    }
    let images = listed ?? truth.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let text = try readText(answers)
    let found: [PictureAnswers]
    if text.hasPrefix("image,") {
      found = try BoxTable.parse(text, name: answers)
    } else {
      guard let classList else {
        throw VisualizeError(
          .wrongUse, "\(answers) has numbers for classes: give what they count with --class-list (ILSVRC2012_meta.mat or a list)")
      }
      found = try SubmissionFile.parse(text, images: images, numbers: ClassNumbers(contentsOf: classList), name: answers)
    }
    let byImage = Dictionary(found.map { (pictureName($0.image), $0.answers) }) { first, _ in first }
    var score = LocalisationScore()
    for image in images {
      if let number = pictureNumber(image), excluded.contains(number) { continue }
      score.add(answers: byImage[image] ?? [], truth: truth[image]?.boxes ?? [])
    }
    return score
  }

  /// Without folder and picture ending: how annotations are called.
  private func pictureName(_ path: String) -> String {
    let name = (path as NSString).lastPathComponent
    let isPicture = ["jpg", "jpeg", "png"].contains((name as NSString).pathExtension.lowercased())
    return isPicture ? (name as NSString).deletingPathExtension : name
  }
}

/// `5 answers: localisation error 46.40 %, classification error 17.70 %`
func errorLine(_ answers: Int, _ localisation: Double, _ classification: Double) -> String {
  String(
    format: "%d answer%@: localisation error %.2f %%, classification error %.2f %%", answers, answers == 1 ? "" : "s",
    100 * localisation, 100 * classification)
}
