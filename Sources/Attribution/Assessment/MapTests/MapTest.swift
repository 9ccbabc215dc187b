import ConvNet

/// A test of a map of one picture. A new test is a file in this folder and a line in `MapTests.all`.
package protocol MapTest: Sendable {
  var name: String { get }
  var category: MapTestCategory { get }
  /// True if higher scores are better.
  var higherIsBetter: Bool { get }
  /// True if it takes many passes per map; it then runs on some of the pictures.
  var isCostly: Bool { get }

  /// Computes the score of a map; nil if the test doesn't apply to it.
  func score(of map: TestedMap) throws -> Double?
}

extension MapTest {
  package var isCostly: Bool { false }
}

/// What a test is about. Source: Hedström et al. 2023, *Quantus*, §2.
package enum MapTestCategory: String, Sendable {
  case localisation, faithfulness, randomisation, robustness, complexity
}

/// A map, and all that a test may look at.
package struct TestedMap {
  /// The values, `[H, W]`.
  package var map: [Float]
  /// The picture, `[3, H, W]`, RGB with the mean subtracted.
  package var image: [Float]
  package var classIndex: Int
  /// True for pixels of objects of the class, `[H, W]`.
  package var object: [Bool]
  /// True if the greatest value lies on an object of the class.
  package var hits: Bool
  /// True if the objects of the class cover less than a quarter of the picture, and there are objects of another class.
  package var isDifficult: Bool
  /// The map by a net whose weights are all random; nil if there is none.
  package var randomised: [Float]?
  package var score: ScoreFunction
  /// Makes the maps of other inputs and a class by the same method; nil for a map that no method made.
  package var remake: ((_ inputs: [[Float]], _ classIndex: Int) throws -> [[Float]])?
  package var seed: UInt64
  /// The number of the picture's stream of random numbers.
  package var stream: UInt64

  package init(
    map: [Float], image: [Float], classIndex: Int, object: [Bool], hits: Bool, isDifficult: Bool, randomised: [Float]? = nil,
    score: ScoreFunction, remake: (([[Float]], Int) throws -> [[Float]])?, seed: UInt64, stream: UInt64
  ) {
    (self.map, self.image, self.classIndex, self.object) = (map, image, classIndex, object)
    (self.hits, self.isDifficult, self.randomised, self.score) = (hits, isDifficult, randomised, score)
    (self.remake, self.seed, self.stream) = (remake, seed, stream)
  }
}

package enum MapTests {
  package static let all: [any MapTest] = [
    DifficultPointingGame(), RelevanceMass(), RelevanceRank(), RemoveAndDebias(), EfficientRandomisation(), RandomLogit(),
    MaxSensitivity(), Infidelity(), Sparseness(),
  ]
}
