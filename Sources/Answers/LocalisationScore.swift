import DataSets
import Files
import Foundation

/// The localisation error of ILSVRC, and the classification error of the same answers.
///
/// A picture is right with k answers if one of its first k has the class of a true box and IoU ≥ 0.5 with a true box of that
/// class. For the classification error the class is enough. Errors are means over pictures.
/// Source: eval_clsloc.m of the ILSVRC devkit; Russakovsky et al. 2015 §4.
public struct LocalisationScore: Sendable, Hashable, Codable {
  /// The number of answers that count.
  public static let answers = 5

  public struct Count: Sendable, Hashable, Codable {
    public var pictures = 0
    /// The number of pictures that are wrong with 1 … 5 answers.
    public var wrongClass = [Int](repeating: 0, count: answers)
    public var wrongPlace = [Int](repeating: 0, count: answers)

    /// The errors with 1 … 5 answers.
    public var classificationError: [Double] { wrongClass.map { Double($0) / Double(max(pictures, 1)) } }
    public var localisationError: [Double] { wrongPlace.map { Double($0) / Double(max(pictures, 1)) } }

    mutating func add(classRank: Int?, placeRank: Int?) {
      pictures += 1
      for k in 0..<answers {
        if classRank.map({ $0 > k }) ?? true { wrongClass[k] += 1 }
        if placeRank.map({ $0 > k }) ?? true { wrongPlace[k] += 1 }
      }
    }
  }

  public private(set) var all = Count()
  /// The counts by synset id.
  public private(set) var byClass: [String: Count] = [:]

  public init() {}

  /// Adds the answers for a picture.
  ///
  /// - Parameters:
  ///   - answers: best first; those after the fifth don't count.
  ///   - truth: the boxes of the picture's objects. A picture without boxes can't be scored, and is left out.
  public mutating func add(answers: [BoundingBox], truth: [BoundingBox]) {
    guard let first = truth.first else { return }
    let answers = answers.prefix(Self.answers)
    let classRank = answers.firstIndex { answer in truth.contains { $0.wnid == answer.wnid } }
    let placeRank = answers.firstIndex { answer in
      truth.contains { $0.wnid == answer.wnid && $0.overlap(with: answer) >= 0.5 }
    }
    all.add(classRank: classRank, placeRank: placeRank)
    byClass[first.wnid, default: Count()].add(classRank: classRank, placeRank: placeRank)
  }

  /// A CSV table with one line per class, and one for all: the number of pictures, and both errors with 1 and with 5 answers.
  ///
  /// - Parameter names: the words of classes by synset id.
  public func table(names: [String: String] = [:]) -> String {
    var text = "wnid,name,pictures,classification1,classification5,localisation1,localisation5\n"
    func line(_ wnid: String, _ name: String, _ count: Count) {
      let errors = [
        count.classificationError[0], count.classificationError[4], count.localisationError[0], count.localisationError[4],
      ].map { String(format: "%.4f", $0) }
      text += CSV.row([wnid, name, "\(count.pictures)"] + errors)
    }
    for (wnid, count) in byClass.sorted(by: { $0.key < $1.key }) { line(wnid, names[wnid] ?? wnid, count) }
    line("all", "all", all)
    return text
  }
}
