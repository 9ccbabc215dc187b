import ConvNet
import Images

/// How much each pixel of a picture matters for the score of a class.
public struct SaliencyMap: Sendable {
  /// The class whose score was explained.
  public let classIndex: Int
  /// S_c of the picture, the mean of its crops.
  public let score: Float
  /// The mean of its crops.
  public let posterior: Float
  /// The strongest classes, strongest first.
  public let topClasses: [RankedClass]
  /// `[H, W]`, the raw values: of the crop where there is one, else of the whole resized picture.
  public let map: [Float]
  public let size: PictureSize
  /// What the method says besides, the mean of the crops.
  public let notes: [String: Double]
}

/// The scores and posteriors of one picture, averaged over its crops.
package struct CropScores {
  package private(set) var scores: [Float]
  package private(set) var posteriors: [Float]
  let crops: Int

  package init(classes: Int, crops: Int) {
    scores = [Float](repeating: 0, count: classes)
    posteriors = scores
    self.crops = crops
  }

  /// - Parameter row: `[K]`, of one crop.
  package mutating func add(_ row: UnsafeMutableBufferPointer<Float>) {
    let own = ConvNet.posteriors(row)
    for index in row.indices {
      scores[index] += row[index] / Float(crops)
      posteriors[index] += own[index] / Float(crops)
    }
  }

  /// The strongest classes by posterior, strongest first.
  package func top(_ count: Int) -> [RankedClass] { RankedClass.top(count, scores: scores, posteriors: posteriors) }
}
