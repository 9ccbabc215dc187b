import ConvNet
import Foundation
import Random
import Testing

@testable import Images
@testable import Segmentation

/// A grey picture with a red rectangle and weak noise.
private func scene(width: Int = 60, height: Int = 40, object: PixelRectangle) -> Picture {
  var random = CounterRandom(seed: 3, purpose: .test)
  let pixels = (0..<(width * height)).flatMap { index -> [UInt8] in
    let colour: [Int] = object.contains(x: index % width, y: index / width) ? [200, 40, 40] : [110, 120, 130]
    return colour.map { UInt8($0 + random.index(below: 21) - 10) }
  }
  return Picture(width: width, height: height, pixels: pixels)
}

@Suite("Colour models")
struct ColourModelTests {
  /// `count` colours about a mean.
  private func cloud(_ mean: SIMD3<Float>, _ deviation: Float, _ count: Int, seed: UInt64) -> [SIMD3<Float>] {
    var random = CounterRandom(seed: seed, purpose: .test)
    return (0..<count).map { _ in mean + deviation * SIMD3(random.normal(), random.normal(), random.normal()) }
  }

  @Test("a made-up mixture is found again: weights, means and covariances")
  func mixture() throws {
    let means: [SIMD3<Float>] = [[40, 60, 80], [200, 180, 30], [120, 10, 220]]
    let colours = cloud(means[0], 8, 3000, seed: 1) + cloud(means[1], 5, 1500, seed: 2) + cloud(means[2], 12, 500, seed: 3)
    let model = try #require(ColourModel(fitting: colours, components: 3))
    let found = model.components.sorted { $0.weight > $1.weight }
    for (component, (mean, (weight, deviation))) in zip(found, zip(means, [(0.6, 8.0), (0.3, 5.0), (0.1, 12.0)])) {
      #expect(abs(Double(component.weight) - weight) < 0.01)
      let difference = component.mean - mean
      #expect((difference * difference).sum() < 4)
      #expect(abs(component.covariance.xx.squareRoot() - deviation) < 0.1 * deviation)
      #expect(abs(component.covariance.xy) < 0.15 * deviation * deviation)
    }
  }

  @Test("the cost is −log of the mixture's density")
  func cost() {
    let covariance = ColourModel.Covariance(xx: 4, xy: 1, xz: 0, yy: 9, yz: -2, zz: 16)
    let model = ColourModel([
      .init(weight: 0.25, mean: [10, 20, 30], covariance: covariance),
      .init(weight: 0.75, mean: [12, 20, 29], covariance: .init(xx: 1, xy: 0, xz: 0, yy: 1, yz: 0, zz: 1)),
    ])
    // |Σ| = 4(9·16 − 4) − 1(1·16 − 0) = 544; Σ⁻¹(1, 0, 0) = (140, −16, −2)/544.
    let first = 0.25 / 544.0.squareRoot() * exp(-0.5 * 140 / 544)
    let second = 0.75 * exp(-0.5 * (1 + 1))
    #expect(abs(Double(model.cost([11, 20, 30])) + log(first + second)) < 1e-5)
    #expect(model.cost([255, 0, 255]).isFinite)
  }

  @Test("few, equal or flat colours give fewer components and finite costs", arguments: [1, 2, 7, 8, 23, 100])
  func degenerate(_ count: Int) throws {
    let one = try #require(ColourModel(fitting: [SIMD3<Float>](repeating: [7, 7, 7], count: count)))
    #expect(one.components.count == 1)
    #expect(one.cost([7, 7, 7]) < one.cost([9, 7, 7]))
    let grey = try #require(ColourModel(fitting: (0..<count).map { SIMD3(repeating: Float($0 * 200 / count)) }))
    #expect(grey.components.count <= max(1, count / ColourModel.fewestPerComponent))
    for colour: SIMD3<Float> in [[0, 0, 0], [255, 255, 255], [255, 0, 0]] { #expect(grey.cost(colour).isFinite) }
    #expect(ColourModel(fitting: []) == nil)
  }

  @Test("the same colours and seed give the same model")
  func deterministic() throws {
    let colours = cloud([90, 90, 90], 40, 20000, seed: 9)
    let (one, other) = (ColourModel(fitting: colours, seed: 4), ColourModel(fitting: colours, seed: 4))
    #expect(one?.components.map(\.mean) == other?.components.map(\.mean))
    #expect(one?.components.count == 5)
  }
}

@Suite("Masks and boxes")
struct PixelMaskTests {
  private func mask(_ rows: String...) -> PixelMask {
    PixelMask(width: rows[0].count, height: rows.count, pixels: rows.joined().map { $0 == "#" })
  }

  @Test("the largest component is kept, diagonals join, and the upper of equals wins")
  func components() {
    #expect(
      mask("##...#", "....#.", "##....", "##.#..").largestComponent() == mask("......", "......", "##....", "##...."))
    #expect(mask("#..#", ".#..", "...#").largestComponent() == mask("#...", ".#..", "...."))
    #expect(mask("#.#", "...").largestComponent() == mask("#..", "..."))
    #expect(mask("...").largestComponent() == mask("..."))
  }

  @Test("boxes are the mask's bounds; trimming leaves thin limbs outside")
  func rectangles() {
    #expect(mask("......", ".##...", "...#..").rectangle() == PixelRectangle(x: 1, y: 1, width: 3, height: 2))
    #expect(mask("...").rectangle() == nil)
    let limb = PixelMask(width: 100, height: 20, pixels: (0..<2000).map { $0 / 100 == 10 || $0 % 100 < 20 })
    #expect(limb.rectangle() == PixelRectangle(x: 0, y: 0, width: 100, height: 20))
    // 480 pixels, 80 of them in the limb.
    #expect(limb.rectangle(trim: 0.17) == PixelRectangle(x: 4, y: 4, width: 16, height: 12))
    #expect(mask("#").rectangle(trim: 0.5) == PixelRectangle(x: 0, y: 0, width: 1, height: 1))
  }

  @Test("a rectangle of a scaled picture covers the same part, at least a pixel")
  func scaling() {
    let (small, large) = (PictureSize(width: 10, height: 10), PictureSize(width: 25, height: 40))
    #expect(
      PixelRectangle(x: 2, y: 5, width: 4, height: 5).scaled(from: small, to: large)
        == PixelRectangle(x: 5, y: 20, width: 10, height: 20))
    #expect(
      PixelRectangle(x: 0, y: 0, width: 25, height: 40).scaled(from: large, to: small)
        == PixelRectangle(x: 0, y: 0, width: 10, height: 10))
    #expect(
      PixelRectangle(x: 24, y: 39, width: 1, height: 1).scaled(from: large, to: small)
        == PixelRectangle(x: 9, y: 9, width: 1, height: 1))
  }

  @Test("a map between two sizes is interpolated, and a constant or the same size unchanged")
  func resampling() {
    let two = PictureSize(width: 2, height: 1)
    #expect(resampled([0, 4], from: two, to: PictureSize(width: 4, height: 1)) == [0, 1, 3, 4])
    #expect(resampled([0, 4], from: two, to: two) == [0, 4])
    #expect(resampled([3, 3], from: two, to: PictureSize(width: 7, height: 5)).allSatisfy { $0 == 3 })
  }
}

private let horsePictures = "../shared/data/horses"

@Suite("Localisation by saliency")
struct LocaliserTests {
  private let object = PixelRectangle(x: 15, y: 8, width: 24, height: 20)
  private var size: PictureSize { PictureSize(width: 60, height: 40) }

  /// The paper's cut, by colours alone, at the scene's own size.
  private func localiser(_ change: (inout LocalisationOptions) -> Void = { _ in }) throws -> Localiser {
    var options = LocalisationOptions()
    options.cutSide = 40
    options.smoothing = 0
    options.colourWeight = 1
    options.saliencyWeight = 0
    change(&options)
    return try Localiser(scene(object: object), options: options)
  }

  /// High in the object's middle, falling outwards.
  private var map: [Float] {
    (0..<2400).map { index in
      let (x, y) = (Float(index % 60) - 27, Float(index / 60) - 18)
      return exp(-(x * x + y * y) / 100)
    }
  }

  @Test("the cut finds the object's exact box from a blob in its middle", arguments: LocalisationOptions.Seeds.allCases)
  func graphCut(_ seeds: LocalisationOptions.Seeds) throws {
    for rounds in [1, 3] {
      let found = try localiser {
        $0.seeds = seeds
        $0.rounds = rounds
      }.object(in: map, size: size)
      #expect(found.box == object && found.note == nil)
      #expect(found.mask.count == 480)
    }
  }

  @Test("the seeds that are shown are those of the cut: the outer quantiles of the map")
  func seeds() throws {
    let found = try localiser().object(in: map, size: size)
    try #require(found.seeds.count == 2400)
    // A twentieth and three tenths of 2400, but for values that are equal to the quantile's.
    #expect((110..<120).contains(found.seeds.filter { $0 == .probableForeground }.count))
    #expect((700...720).contains(found.seeds.filter { $0 == .probableBackground }.count))
    #expect(found.seeds[18 * 60 + 27] == .probableForeground && found.seeds[0] == .probableBackground)
    #expect(try localiser { $0.seeds = .hard }.object(in: map, size: size).seeds[0] == .background)
    #expect(try localiser { $0.box = .threshold }.object(in: map, size: size).seeds.isEmpty)
  }

  @Test("saliency alone, without colours, snaps to the edge where it is near")
  func saliencyAlone() throws {
    let found = try localiser {
      $0.colourWeight = 0
      $0.saliencyWeight = 10
      $0.threshold = 0.2
    }.object(in: map, size: size)
    #expect(found.box == object)
  }

  @Test("by default colours and saliency together find the object, also from a map with noise")
  func defaults() throws {
    var options = LocalisationOptions()
    options.cutSide = 40
    // As wide, in parts of the picture, as by default.
    options.smoothing *= 40 / 128
    let noisy = map.enumerated().map { index, value in value * (index % 3 == 0 ? 1 : 0.2) }
    let found = try Localiser(scene(object: object), options: options).object(in: noisy, size: size)
    #expect(found.box == object && found.note == nil)
  }

  @Test("the threshold box is that of the pixels above the part of the maximum")
  func threshold() throws {
    let found = try localiser {
      $0.box = .threshold
      $0.threshold = 0.5
    }.object(in: map, size: size)
    // exp(−r²/100) > ½: r < 8.33.
    #expect(found.box == PixelRectangle(x: 19, y: 10, width: 17, height: 17))
  }

  @Test("the baselines look at no map; a pull of 1 is the box in the middle")
  func baselines() throws {
    let nan = [Float](repeating: .nan, count: 2400)
    #expect(
      try localiser { $0.box = .whole }.object(in: nan, size: size).box == PixelRectangle(x: 0, y: 0, width: 60, height: 40))
    let centre = PixelRectangle(x: 9, y: 6, width: 42, height: 28)
    #expect(try localiser { $0.box = .centre }.object(in: nan, size: size).box == centre)
    #expect(try localiser { $0.centrePull = 1 }.object(in: map, size: size).box == centre)
    #expect(
      try localiser { $0.centrePull = 0.5 }.object(in: map, size: size).box == PixelRectangle(x: 12, y: 7, width: 33, height: 24))
  }

  @Test("maps that say nothing give the whole picture, and why", arguments: [Float(0), 1, .nan, .infinity])
  func degenerate(_ value: Float) throws {
    for box in [LocalisationOptions.Box.graphcut, .threshold] {
      let found = try localiser { $0.box = box }.object(in: [Float](repeating: value, count: 2400), size: size)
      #expect(found.box == PixelRectangle(x: 0, y: 0, width: 60, height: 40))
      #expect(found.note?.hasPrefix("the whole picture: ") == true)
    }
  }

  @Test("a map of few values, a picture of one colour and one of a single pixel are cut without a crash")
  func extremes() throws {
    var spike = [Float](repeating: 0, count: 2400)
    spike[1000] = 1
    let found = try localiser().object(in: spike, size: size)
    #expect(found.mask.count > 0 || found.note != nil)
    for (width, height) in [(1, 1), (1, 9), (16, 16)] {
      var options = LocalisationOptions()
      options.cutSide = 16
      let flat = Picture(width: width, height: height, pixels: [UInt8](repeating: 90, count: width * height * 3))
      let localiser = try Localiser(flat, options: options)
      let map = (0..<(width * height)).map { Float($0) }
      let found = localiser.object(in: map, size: flat.size)
      #expect(found.box.width >= 1 && found.box.x + found.box.width <= localiser.picture.width)
    }
  }

  @Test(
    "on real pictures the cut is as good as OpenCV's GrabCut from the same box",
    .enabled(if: FileManager.default.fileExists(atPath: horsePictures), "the pictures of horses are not there"))
  func horses() throws {
    let url = try #require(Bundle.module.url(forResource: "Golden/grabcut", withExtension: "json"))
    let golden = try JSONDecoder().decode([String: Double].self, from: Data(contentsOf: url))
    let names = golden.keys.sorted()
    try #require(!names.isEmpty)
    var (own, theirs) = (0.0, 0.0)
    for name in names {
      let picture = try Picture(contentsOf: "\(horsePictures)/horse/\(name).jpg")
      let mask = try Picture(contentsOf: "\(horsePictures)/mask/\(name).png")
      let truth = PixelMask(
        width: mask.width, height: mask.height, pixels: (0..<(mask.width * mask.height)).map { mask.pixels[$0 * 3] > 0 })
      let box = try #require(truth.rectangle())
      let seeds = (0..<(mask.width * mask.height)).map { index -> PixelSeed in
        box.contains(x: index % mask.width, y: index / mask.width) ? .probableForeground : .background
      }
      var segmenter = GraphCutSegmenter(picture)
      segmenter.rounds = 5
      var seconds = SegmentationSeconds()
      let cut = segmenter.segment(seeds: seeds, seconds: &seconds).mask
      let both = zip(cut.pixels, truth.pixels).reduce(0) { $0 + ($1.0 && $1.1 ? 1 : 0) }
      let either = zip(cut.pixels, truth.pixels).reduce(0) { $0 + ($1.0 || $1.1 ? 1 : 0) }
      let overlap = Double(both) / Double(either)
      print(
        "\(name) \(mask.width)×\(mask.height): \(overlap), OpenCV \(golden[name] ?? 0); models \(seconds.models) s, cuts \(seconds.cut) s"
      )
      own += overlap / Double(names.count)
      theirs += (golden[name] ?? 0) / Double(names.count)
    }
    print("mean over \(names.count): \(own), OpenCV \(theirs)")
    #expect(own >= theirs - 0.03)
  }
}
