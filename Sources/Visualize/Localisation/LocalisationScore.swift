import DataSets

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
}
