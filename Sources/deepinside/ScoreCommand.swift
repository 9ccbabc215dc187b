import Answers
import ArgumentParser
import DataSets
import Files
import Foundation
import Results
import Visualize

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "The ILSVRC localisation error of a file of boxes.",
    discussion: helpText(
      """
      deepinside score --answers boxes/boxes.csv --annotations data/Annotations/val
      deepinside score --answers submission.txt --annotations Annotations/val --class-list ILSVRC2012_meta.mat

      The answers are boxes.csv as localise writes it, with its header or without; a table ImageId,PredictionString; or the
      devkit's file: a line per picture, label xmin ymin xmax ymax up to five times. The devkit's lines are the annotated pictures
      in the order of their names, unless --pictures lists them.
      Every annotated picture counts; one without an answer is wrong: --annotations are those of the pictures that the answers are
      for, not of a training set beside them. Names that only one of the files has are counted and named;
      if none of them meet, that is an error.
      """))

  @Option(help: ArgumentHelp("boxes.csv, or a devkit submission.", valueName: "file"))
  var answers: String

  @Option(help: ArgumentHelp("A folder of PASCAL VOC files with the true boxes, or of Tiny ImageNet's tables.", valueName: "dir"))
  var annotations: String

  @Option(help: ArgumentHelp("What a submission's labels count: ILSVRC2012_meta.mat, or a list of synsets.", valueName: "file"))
  var classList: String?

  @Option(
    help: ArgumentHelp("The names of the pictures that count, one per line; a number or a class may follow.", valueName: "file"))
  var pictures: String?

  @Option(help: ArgumentHelp("Numbers of pictures that don't count, one per line.", valueName: "file"))
  var blacklist: String?

  @Flag(help: "Print one JSON object instead of sentences.")
  var json = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    try runOnFirstRank {
      let found = try AnswerScore(
        answers: answers, annotations: AnnotationSet(contentsOf: annotations), classList: classList.map(ClassNumbers.init),
        pictures: pictures.map(TextList.init(contentsOf:)), excluded: blacklist.map(readBlackList) ?? [])
      report(found.faults, in: annotations)
      let score = found.score
      guard score.all.pictures > 0 else {
        throw ResultsError(.badData, "none of the pictures has a box in \(annotations); are the names the same?")
      }
      if json {
        var fields: [String: Any] = [
          "pictures": score.all.pictures, "localisationError": score.all.localisationError,
          "classificationError": score.all.classificationError,
        ]
        if !found.faults.isEmpty { fields["annotationFaults"] = found.faults.map { ["file": $0.file, "reason": $0.reason] } }
        if !found.warnings.isEmpty { fields["warnings"] = found.warnings }
        print(String(decoding: try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys]), as: UTF8.self))
      } else {
        for warning in found.warnings { print(warning) }
        for k in 0..<LocalisationScore.answers {
          print(errorLine(k + 1, score.all.localisationError[k], score.all.classificationError[k]))
        }
        if !common.quiet { print("over \(score.all.pictures) pictures\n\n" + score.table(), terminator: "") }
      }
    }
  }
}

/// A text such as `5 answers: localisation error 46.40 %, classification error 17.70 %`.
func errorLine(_ answers: Int, _ localisation: Double, _ classification: Double) -> String {
  String(
    format: "%d answer%@: localisation error %.2f %%, classification error %.2f %%", answers, answers == 1 ? "" : "s",
    100 * localisation, 100 * classification)
}
