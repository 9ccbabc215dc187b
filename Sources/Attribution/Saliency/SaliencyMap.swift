import ConvNet
import Images

/// A map of how much each pixel of a picture matters for the score of a class.
public struct SaliencyMap: Sendable {
  /// The class whose score was explained.
  public let classIndex: Int
  /// S_c of the picture, the mean over its crops.
  public let score: Float
  /// The posterior of the class, the mean over the crops.
  public let posterior: Float
  /// The classes with the highest posteriors, highest first.
  public let topClasses: [RankedClass]
  /// The raw values, `[H, W]`: of the crop if there is only one, otherwise of the whole resized picture.
  public let map: [Float]
  public let size: PictureSize
  /// Further numbers from the method, each the mean over the crops.
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

  /// Adds the scores of one crop.
  ///
  /// - Parameter row: `[K]`.
  package mutating func add(_ row: UnsafeMutableBufferPointer<Float>) {
    let own = ConvNet.posteriors(row)
    for index in row.indices {
      scores[index] += row[index] / Float(crops)
      posteriors[index] += own[index] / Float(crops)
    }
  }

  /// The classes with the highest posteriors, highest first.
  package func top(_ count: Int) -> [RankedClass] { RankedClass.top(count, scores: scores, posteriors: posteriors) }
}
