import DataSets

/// The localisation error of ILSVRC, and the classification error of the same answers.
///
/// A picture is right with k answers when one of its first k has the class and IoU ≥ 0.5 with some true box of that class; for
/// the classification error the class is enough. Errors are means over pictures.
/// Source: eval_clsloc.m of the ILSVRC devkit; Russakovsky et al. 2015 §4.
public struct LocalisationScore: Sendable, Hashable, Codable {
  /// Answers that count, at most.
  public static let answers = 5

  public struct Count: Sendable, Hashable, Codable {
    public var pictures = 0
    /// Pictures that are wrong with 1 … 5 answers.
    public var wrongClass = [Int](repeating: 0, count: answers)
    public var wrongPlace = [Int](repeating: 0, count: answers)

    /// With 1 … 5 answers.
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
  /// By synset id.
  public private(set) var byClass: [String: Count] = [:]

  public init() {}

  /// - Parameters:
  ///   - answers: best first; those after the fifth don't count.
  ///   - truth: the boxes of the picture's objects; a picture without any can't be scored.
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
