import Attribution
import ConvNet
import Data
import Images
import Segmentation

/// The strongest classes of a picture, and the saliency map of each over the whole picture, averaged over crops.
struct ClassMaps: Sendable {
  let classes: [RankedClass]
  /// The size of the maps.
  let size: PictureSize
  /// [classes][H · W]
  let maps: [[Float]]
  /// The SHA-256 of what entered the net; nil of maps that an earlier version has stored.
  let inputSHA256: String?
}

/// Makes the maps of several classes of a picture from one forward pass of its crops, and a backward pass a class.
final class ClassMapper {
  private let plan: Plan
  private let mean: [Float]
  private let rule: ReLURule
  private let images: Tensor
  private let seed: Tensor
  /// Seconds of this rank in the passes.
  private(set) var forwardSeconds = 0.0
  private(set) var backwardSeconds = 0.0

  init(_ network: TrainedNetwork, crops: TestCrops, rule: ReLURule, compute: ComputeSettings) throws {
    plan = try Plan(network.parameters, batch: crops.count, purpose: .inputGradient, compute: compute)
    mean = network.mean
    self.rule = rule
    images = try Tensor(count: crops.count, shape: network.network.input)
    seed = try Tensor(count: crops.count, shape: plan.network.shapes[plan.network.shapes.count - 1])
  }

  /// The classes are those of the highest posterior, averaged over the crops; their scores are averages too.
  func maps(of picture: TestPicture, classes count: Int) -> ClassMaps {
    let places = picture.places
    precondition(places.count <= plan.batch, "\(places.count) crops for a plan of \(plan.batch)")
    for (slot, place) in places.enumerated() { _ = images[slot].update(fromContentsOf: picture.input(place, mean: mean)) }
    var digest = InputDigest()
    for slot in places.indices { digest.add(UnsafeBufferPointer(images[slot])) }
    let scores = timed(&forwardSeconds) { plan.forward(images.prefix(places.count)) }
    var sums = (
      scores: [Float](repeating: 0, count: scores.shape.count), posteriors: [Float](repeating: 0, count: scores.shape.count)
    )
    for slot in places.indices {
      for (index, posterior) in posteriors(scores[slot]).enumerated() {
        sums.scores[index] += scores[slot][index] / Float(places.count)
        sums.posteriors[index] += posterior / Float(places.count)
      }
    }
    let classes = RankedClass.top(count, scores: sums.scores, posteriors: sums.posteriors)
    let shape = plan.network.input
    let maps = classes.map { ranked in
      var average = MapAverage(size: picture.resized.size)
      for slot in places.indices {
        seed[slot].update(repeating: 0)
        seed[slot][ranked.index] = 1
      }
      timed(&backwardSeconds) { plan.backward(from: seed.prefix(places.count), rule: rule) }
      let gradients = plan.inputGradient
      for (slot, place) in places.enumerated() {
        average.add(saliency(of: gradients[slot], shape: shape), width: shape.width, at: place)
      }
      return average.average
    }
    return ClassMaps(classes: classes, size: picture.resized.size, maps: maps, inputSHA256: digest.finish())
  }
}
