import Data
import Foundation
import Images
import Random

/// Random crops, flips, colours and erased rectangles. Each is a pure function of (seed, epoch, sample): a picture gets the same
/// ones on any rank, in any batch, and after a resumption.
///
/// Source: crops, flips and colour shifts after Krizhevsky et al. 2012, 4.1. Simonyan et al. 2013 add "zeroing-out random parts
/// of an image" without details; this program erases one rectangle with probability 0.5, of 2–20 % of the area and aspect 0.3–3.3
/// (in the manner of Zhong et al. 2017, *Random Erasing*).
public struct Augmentation: Sendable, Equatable {
  public var seed: UInt64
  /// True to mirror half of the pictures.
  public var flips = true
  public var eraseProbability: Float = 0.5
  /// The smallest share of a picture's area that a crop shows, resized to the crop's side; 1 for crops at the picture's own size. The
  /// share is uniform from there to 1, the logarithm of the aspect between those of 3/4 and 4/3. Source: Szegedy et al. 2015, section 6.
  public var smallestArea: Float = 1
  /// The principal colour axes (`MeanPicture.colourAxes`); a picture's shift is Σ αᵢ·axisᵢ with αᵢ ~ N(0, colourDeviation). Empty
  /// for no shift.
  public var colourAxes: [SIMD3<Float>] = []
  public var colourDeviation: Float = 0.1

  public init(
    seed: UInt64, flips: Bool = true, eraseProbability: Float = 0.5, smallestArea: Float = 1, colourAxes: [SIMD3<Float>] = [],
    colourDeviation: Float = 0.1
  ) {
    (self.seed, self.flips, self.eraseProbability) = (seed, flips, eraseProbability)
    self.smallestArea = smallestArea
    (self.colourAxes, self.colourDeviation) = (colourAxes, colourDeviation)
  }

  /// The transform of a sample of `width`×`height` pixels in an epoch.
  ///
  /// - Parameter sample: The index of the sample in the data set.
  public func transform(epoch: Int, sample: Int, crop: Int, width: Int, height: Int) -> InputTransform {
    precondition(width >= crop && height >= crop, "a crop of \(crop) from \(width)×\(height)")
    func stream(_ purpose: CounterRandom.Purpose) -> CounterRandom {
      CounterRandom(seed: seed, purpose: purpose, epoch: epoch, sample: sample)
    }
    var place = stream(.crop)
    let size = smallestArea < 1 ? resized(PictureSize(width: width, height: height), &place, crop: crop) : nil
    let (width, height) = size.map { ($0.width, $0.height) } ?? (width, height)
    var transform = InputTransform(x: place.index(below: width - crop + 1), y: place.index(below: height - crop + 1))
    transform.size = size
    if flips {
      var coin = stream(.flip)
      transform.flipped = coin.uniform() < 0.5
    }
    if !colourAxes.isEmpty, colourDeviation > 0 {
      var colour = stream(.colour)
      for axis in colourAxes { transform.colourShift += axis * (colourDeviation * colour.normal()) }
    }
    if eraseProbability > 0 {
      var erasing = stream(.erasing)
      if erasing.uniform() < eraseProbability { transform.erased = Self.rectangle(&erasing, crop: crop) }
    }
    return transform
  }

  /// The size of a picture in which a random rectangle of it is as large as the crop.
  private func resized(_ size: PictureSize, _ random: inout CounterRandom, crop: Int) -> PictureSize {
    let area = random.uniform(in: smallestArea...1) * Float(size.width * size.height)
    let aspect = exp(random.uniform(in: log(0.75)...log(4 / 3)))
    func side(_ whole: Int, _ part: Float) -> Int { max(crop, Int((Float(whole * crop) / min(part, Float(whole))).rounded())) }
    return PictureSize(
      width: side(size.width, (area / aspect).squareRoot()), height: side(size.height, (area * aspect).squareRoot()))
  }

  /// A rectangle inside the crop: its area is uniform in 2–20 % of the crop's, the logarithm of its aspect (height / width) is
  /// uniform between those of 0.3 and 3.3.
  private static func rectangle(_ random: inout CounterRandom, crop: Int) -> PixelRectangle {
    let area = random.uniform(in: 0.02...0.2) * Float(crop * crop)
    let aspect = exp(random.uniform(in: log(0.3)...log(3.3)))
    let width = min(crop, max(1, Int((area / aspect).squareRoot().rounded())))
    let height = min(crop, max(1, Int((area * aspect).squareRoot().rounded())))
    return PixelRectangle(
      x: random.index(below: crop - width + 1), y: random.index(below: crop - height + 1), width: width, height: height)
  }
}
