import Attribution
import Cluster
import ConvNet
import DataSets
import Images
import Random

/// Measures maps of pictures: the part of `assess` that a rank does for one batch.
package final class AssessmentWorker {
  package struct Picture: Sendable {
    let explained: ExplainedPicture
    let boxes: [BoundingBox]
    let isSampled: Bool
  }

  package struct Measured {
    /// One map per method.
    var maps: [SaliencyMap] = []
    /// `[methods and baselines, 3]`: hit (0 or 1), area under insertion, area under deletion.
    var measures: [Float] = []
    /// `[methods, stages]`, for sampled pictures: the rank correlation with the trained net's map.
    var spearman: [Float] = []
    /// `[methods, stages]`, for sampled pictures: the structural similarity to the trained net's map.
    var similarity: [Float] = []
  }

  private let network: TrainedNetwork
  private let randomised: RandomisedNetwork?
  private let mappers: [SaliencyMapper]
  private let curves: PixelCurves
  private let seed: UInt64

  init(
    _ network: TrainedNetwork, methods: [(name: String, method: any SaliencyMethod)], step: Int, randomises: Bool, seed: UInt64,
    batch: Int, compute: ComputeSettings
  ) throws {
    self.network = network
    self.seed = seed
    randomised = try randomises ? RandomisedNetwork(network.parameters, seed: seed) : nil
    // One plan serves all: that of the net whose weights can be changed, if there is one.
    let score = try ScoreFunction(
      randomised?.store ?? network.parameters, batch: batch, compute: compute, progress: { Activity.enter(.item) })
    mappers = try methods.map { try SaliencyMapper(score, method: $0.method) }
    curves = try PixelCurves(score, step: step)
  }

  func assess(_ pictures: [Picture]) throws -> [Measured] {
    var measured = pictures.map { _ in Measured() }
    randomised?.set(nil)
    for mapper in mappers {
      let maps = try mapper.maps(of: pictures.map(\.explained), mean: network.mean)
      for (slot, map) in maps.enumerated() { measured[slot].maps.append(map) }
    }
    for (slot, picture) in pictures.enumerated() {
      for map in measured[slot].maps.map(\.map) + baselines(picture) {
        measured[slot].measures += measures(map, picture, classIndex: measured[slot].maps[0].classIndex)
      }
    }
    let sampled = pictures.indices.filter { pictures[$0].isSampled }
    if let randomised, !sampled.isEmpty { try compare(sampled.map { pictures[$0] }, at: sampled, &measured, randomised) }
    return measured
  }

  private func measures(_ map: [Float], _ picture: Picture, classIndex: Int) -> [Float] {
    let test = picture.explained.picture
    let hit = PointingGame.hits(map, of: test, boxes: picture.boxes)
    let areas = curves.areas(
      of: map, image: test.input(test.places[0], mean: network.mean), classIndex: classIndex)
    return [hit ? 1 : 0, Float(areas.insertion), Float(areas.deletion)]
  }

  /// Maps that know nothing of the net: values that rise towards the centre, and random numbers.
  private func baselines(_ picture: Picture) -> [[Float]] {
    let shape = network.network.input
    let (middleX, middleY) = (Float(shape.width - 1) / 2, Float(shape.height - 1) / 2)
    let centre = (0..<shape.area).map { i in
      let (dx, dy) = (Float(i % shape.width) - middleX, Float(i / shape.width) - middleY)
      return -(dx * dx + dy * dy)
    }
    var random = CounterRandom(
      seed: seed, purpose: .visualization, epoch: 1 << 23, sample: Int(bitPattern: UInt(picture.explained.stream)))
    return [centre, (0..<shape.area).map { _ in random.uniform() }]
  }

  /// Compares the maps of the same pictures and classes by the nets of all stages.
  private func compare(
    _ pictures: [Picture], at slots: [Int], _ measured: inout [Measured], _ randomised: RandomisedNetwork
  ) throws {
    let stages = RandomisedNetwork.stages(of: network.parameters)
    for slot in slots {
      measured[slot].spearman = [Float](repeating: 0, count: mappers.count * stages.count)
      measured[slot].similarity = measured[slot].spearman
    }
    for (number, stage) in stages.enumerated() {
      randomised.set(stage)
      for (method, mapper) in mappers.enumerated() {
        let maps = try mapper.maps(of: pictures.map(\.explained), mean: network.mean)
        for (map, slot) in zip(maps, slots) {
          let original = measured[slot].maps[method]
          let at = method * stages.count + number
          measured[slot].spearman[at] = Float(MapSimilarity.spearman(original.map, map.map))
          measured[slot].similarity[at] = Float(
            MapSimilarity.structuralSimilarity(original.map, map.map, width: map.size.width))
        }
      }
    }
    randomised.set(nil)
  }
}
