import Attribution
import Cluster
import ConvNet
import Data
import Images
import Segmentation

/// The classes with the highest posteriors for a picture, and the saliency map of each over the whole picture, averaged over
/// crops.
package struct ClassMaps: Sendable {
  let classes: [RankedClass]
  /// The size of the maps.
  let size: PictureSize
  /// One map per class, each [H · W].
  let maps: [[Float]]
  /// The SHA-256 of the net's input; nil if it isn't known.
  let inputSHA256: String?
}

/// Makes the maps of several classes of a picture by any method. It makes one forward pass of the picture's crops, which is
/// repeated if the method has made other passes since, and the method's own passes for each class.
final class ClassMapper {
  private let score: ScoreFunction
  private let mean: [Float]
  private let method: any SaliencyMethod
  private let images: Tensor
  /// The seconds that this rank spent in forward and backward passes.
  private(set) var forwardSeconds = 0.0
  private(set) var backwardSeconds = 0.0

  init(_ network: TrainedNetwork, method: any SaliencyMethod, crops: TestCrops, compute: ComputeSettings) throws {
    score = try ScoreFunction(network.parameters, batch: crops.count, compute: compute) { Activity.enter(.item) }
    mean = network.mean
    self.method = method
    images = try Tensor(count: crops.count, shape: network.network.input)
  }

  /// Makes the maps of the classes with the highest posteriors, averaged over the crops; their scores are averages too.
  ///
  /// - Parameter stream: the number of the picture's stream of random numbers.
  /// - Throws: the errors of the method.
  func maps(of picture: TestPicture, classes count: Int, stream: UInt64) throws -> ClassMaps {
    let places = picture.places
    precondition(places.count <= score.batch, "\(places.count) crops for a batch of \(score.batch)")
    for (slot, place) in places.enumerated() { _ = images[slot].update(fromContentsOf: picture.input(place, mean: mean)) }
    let images = images.prefix(places.count)
    var digest = InputDigest()
    for slot in places.indices { digest.add(UnsafeBufferPointer(images[slot])) }
    var scores = timed(&forwardSeconds) { score.scores(of: images) }
    var pass = score.passes
    var sums = CropScores(classes: scores.shape.count, crops: places.count)
    for slot in places.indices { sums.add(scores[slot]) }
    let ranked = sums.top(count)
    let maps = try ranked.map { ranked in
      if score.passes != pass {
        scores = timed(&forwardSeconds) { score.scores(of: images) }
        pass = score.passes
      }
      let pictures = ClassPictures(
        images: images, classes: places.map { _ in ranked.index }, scores: places.indices.map { scores[$0][ranked.index] },
        streams: places.indices.map { stream &+ UInt64($0) })
      let found = try timed(&backwardSeconds) { try method.attributions(of: pictures, by: score) }
      var average = MapAverage(size: picture.resized.size)
      for (slot, place) in places.enumerated() { average.add(found.map(slot), width: images.shape.width, at: place) }
      return average.average
    }
    return ClassMaps(classes: ranked, size: picture.resized.size, maps: maps, inputSHA256: digest.finish())
  }
}
