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
    /// True for the pixels of the objects, `[H, W]`.
    let object: [Bool]
    let isSampled: Bool
    /// True if the costly tests run on this picture.
    let runsCostly: Bool
    /// See `TestedMap.isDifficult`.
    let isDifficult: Bool
  }

  package struct Measured {
    /// One map per method.
    var maps: [SaliencyMap] = []
    /// `[methods and baselines, 3]`: hit (0 or 1), area under insertion, area under deletion.
    var measures: [Float] = []
    /// `[methods and baselines, tests]`; NaN where a test doesn't apply.
    var tests: [Float] = []
    /// `[methods and baselines, BoxAccuracy.thresholds]`: the best overlap of a box with one of the object.
    var overlaps: [Float] = []
    /// One map per method by the wholly random net, for sampled pictures.
    var randomised: [[Float]] = []
    /// `[methods, stages]`, for sampled pictures: the rank correlation with the trained net's map.
    var spearman: [Float] = []
    /// `[methods, stages]`, for sampled pictures: the structural similarity to the trained net's map.
    var similarity: [Float] = []
  }

  private let network: TrainedNetwork
  private let randomised: RandomisedNetwork?
  private let mappers: [SaliencyMapper]
  private let score: ScoreFunction
  private let curves: PixelCurves
  private let controls: Bool
  private let seed: UInt64

  init(
    _ network: TrainedNetwork, methods: [(name: String, method: any SaliencyMethod)], step: Int, randomises: Bool, controls: Bool,
    seed: UInt64, batch: Int, compute: ComputeSettings
  ) throws {
    self.network = network
    (self.seed, self.controls) = (seed, controls)
    randomised = try randomises ? RandomisedNetwork(network.parameters, seed: seed) : nil
    // One plan serves all: that of the net whose weights can be changed, if there is one.
    let score = try ScoreFunction(
      randomised?.store ?? network.parameters, batch: batch, compute: compute, progress: { Activity.enter(.item) })
    mappers = try methods.map { try SaliencyMapper(score, method: $0.method) }
    curves = try PixelCurves(score, step: step)
    self.score = score
  }

  func assess(_ pictures: [Picture]) throws -> [Measured] {
    var measured = pictures.map { _ in Measured() }
    randomised?.set(nil)
    for mapper in mappers {
      let maps = try mapper.maps(of: pictures.map(\.explained), mean: network.mean)
      for (slot, map) in maps.enumerated() { measured[slot].maps.append(map) }
    }
    let sampled = pictures.indices.filter { pictures[$0].isSampled }
    if let randomised, !sampled.isEmpty { try compare(sampled.map { pictures[$0] }, at: sampled, &measured, randomised) }
    for (slot, picture) in pictures.enumerated() { try test(picture, &measured[slot]) }
    return measured
  }

  /// Tests all maps of a picture.
  private func test(_ picture: Picture, _ measured: inout Measured) throws {
    let explained = picture.explained
    let image = explained.picture.input(explained.picture.places[0], mean: network.mean)
    let object = picture.object
    let boxes = explained.picture.seen(picture.boxes)
    let made = measured.maps.map(\.map)
    for (row, map) in (made + baselines(picture, image, object)).enumerated() {
      let hits = PointingGame.hits(map, of: explained.picture, boxes: picture.boxes)
      let areas = curves.areas(of: map, image: image, classIndex: measured.maps[0].classIndex)
      measured.measures += [hits ? 1 : 0, Float(areas.insertion), Float(areas.deletion)]
      measured.overlaps += BoxAccuracy.bestOverlaps(of: map, width: network.network.input.width, with: boxes)
      let isControl = row >= made.count + AssessmentJob.baselines.count
      let tested = TestedMap(
        map: map, image: image, classIndex: measured.maps[0].classIndex, object: object, hits: hits,
        isDifficult: picture.isDifficult,
        // A control doesn't know the weights.
        randomised: row < made.count ? measured.randomised.isEmpty ? nil : measured.randomised[row] : isControl ? map : nil,
        score: score, remake: remake(row, object, explained), seed: seed, stream: explained.stream)
      measured.tests += try MapTests.all.map { test in
        test.isCostly && !picture.runsCostly ? .nan : try test.score(of: tested).map { Float($0) } ?? .nan
      }
    }
  }

  /// Makes maps of other inputs as a row's map was made; nil for the centre and the random map.
  private func remake(
    _ row: Int, _ object: [Bool], _ explained: ExplainedPicture
  ) -> (([[Float]], Int) throws -> [[Float]])? {
    let control = row - mappers.count - AssessmentJob.baselines.count
    if control >= 0 {
      return { [shape = network.network.input] inputs, _ in
        inputs.map { ControlMaps.all($0, object: object, shape)[control] }
      }
    }
    guard row < mappers.count else { return nil }
    let (mapper, place) = (mappers[row], explained.picture.places[0])
    return { inputs, index in
      try mapper.maps(
        of: inputs.map { input in
          CroppedPicture(places: [place], frame: explained.picture.frame, classIndex: index, stream: explained.stream) { _ in
            input
          }
        }
      ).map(\.map)
    }
  }

  /// Maps that know nothing of the net: values that rise towards the centre, and random numbers; then the controls.
  private func baselines(_ picture: Picture, _ image: [Float], _ object: [Bool]) -> [[Float]] {
    let shape = network.network.input
    let (middleX, middleY) = (Float(shape.width - 1) / 2, Float(shape.height - 1) / 2)
    let centre = (0..<shape.area).map { i in
      let (dx, dy) = (Float(i % shape.width) - middleX, Float(i / shape.width) - middleY)
      return middleX * middleX + middleY * middleY - (dx * dx + dy * dy)
    }
    var random = CounterRandom(
      seed: seed, purpose: .visualization, epoch: 1 << 23, sample: Int(bitPattern: UInt(picture.explained.stream)))
    return [centre, (0..<shape.area).map { _ in random.uniform() }]
      + (controls ? ControlMaps.all(image, object: object, shape) : [])
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
    let last = stages.lastIndex { $0.kind == .cascading }
    for (number, stage) in stages.enumerated() {
      randomised.set(stage)
      for (method, mapper) in mappers.enumerated() {
        let maps = try mapper.maps(of: pictures.map(\.explained), mean: network.mean)
        for (map, slot) in zip(maps, slots) {
          let original = measured[slot].maps[method]
          if number == last { measured[slot].randomised.append(map.map) }
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
