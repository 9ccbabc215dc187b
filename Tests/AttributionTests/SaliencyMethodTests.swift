import ConvNet
import Foundation
import Images
import TestSupport
import Testing

@testable import Attribution

/// What Captum, pytorch-grad-cam, Zennit and TorchRay compute in float64: see Golden/methods.py.
private struct Golden: Decodable {
  let `class`: Int
  let score: Double
  let completenessGap: Double
  let preserved: [String: [Double]]
  let maps: [String: [Double]]

  static let values: Golden? = Bundle.module.url(forResource: "Golden/methods", withExtension: "json")
    .flatMap { try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: $0)) }
}

@Suite struct SaliencyMethodTests {
  /// The net of the recipe.
  private func net() throws -> ParameterStore {
    let network = try Network(
      json: #"""
        {"name": "golden", "input": [3, 12, 12], "layers": [
         {"name": "conv1", "type": "convolution", "filters": 8, "kernel": 5, "stride": 1, "padding": 2},
         {"name": "relu1", "type": "relu"},
         {"name": "norm1", "type": "localResponseNormalization", "size": 5, "k": 2, "alpha": 1e-4, "beta": 0.75},
         {"name": "pool1", "type": "maxPooling", "window": 3, "stride": 2},
         {"name": "conv2", "type": "convolution", "filters": 6, "kernel": 3, "stride": 1, "padding": 1},
         {"name": "relu2", "type": "relu"},
         {"name": "pool2", "type": "maxPooling", "window": 3, "stride": 2},
         {"name": "fc3", "type": "fullyConnected", "outputs": 12},
         {"name": "relu3", "type": "relu"},
         {"name": "fc4", "type": "fullyConnected", "outputs": 5}]}
        """#)
    return try Formula.store(network, training: false)
  }

  private func map(
    _ name: String, _ store: ParameterStore, _ image: Tensor, class index: Int, backend: BackendChoice = .auto,
    _ change: (inout SaliencyMethodOptions) -> Void = { _ in }
  ) throws -> SaliencyMap {
    var options = SaliencyMethodOptions()
    change(&options)
    let method = try SaliencyMethods.make(name, options, for: store.network)
    let mapper = try SaliencyMapper(store, method: method, batch: 2, compute: ComputeSettings(backend: backend))
    return try mapper.maps(of: image, classes: [index])[0]
  }

  /// The options of the recipe.
  private func options(_ name: String, _ options: inout SaliencyMethodOptions) {
    switch name {
    case "occlusion": (options.window, options.stride) = (5, 3)
    case "smoothgrad", "vargrad", "squaregrad": options.samples = 4
    case "rise": options.samples = 20
    case "extremal-perturbation": (options.area, options.steps) = (1, 60)
    default: break
    }
  }

  /// Float32 through four layers, against float64. The largest differences: 1e-5 for differences of like numbers (Grad-CAM, occlusion).
  /// pytorch-grad-cam's Grad-CAM++ has a constant of 1e-6 in a denominator.
  @Test(
    "Each method gives the map of the reference", arguments: SaliencyMethods.names,
    [BackendChoice.onednn, .openblas].filter { $0.obstacle(to: .float32) == nil })
  func reference(name: String, backend: BackendChoice) throws {
    let golden = try #require(Golden.values)
    let store = try net()
    let image = try Formula.tensor(count: 1, shape: store.network.input, salt: 1000, scale: name == "rise" ? 12.75 : 255)
    let found = try map(name, store, image, class: golden.class, backend: backend) { options(name, &$0) }
    let expected = try #require(golden.maps[name]).map(Float.init)
    let largest = zip(found.map, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(largest < 1e-4 * (expected.map(abs).max() ?? 0), "\(largest / (expected.map(abs).max() ?? 0)) of the largest value")
    if name != "rise" { #expect(abs(Double(found.score) / golden.score - 1) < 1e-5) }
    if let gap = found.notes["completeness_gap"] { #expect(abs(gap - golden.completenessGap) < 1e-4 * abs(golden.score)) }
  }

  /// At first many values of the mask are equal, and the last bits decide which of them shall be 1. So the reference reaches a range of
  /// areas and scores; a twentieth of them is allowed beyond it.
  @Test("Extremal perturbation reaches the reference's area and score") func extremal() throws {
    let golden = try #require(Golden.values)
    let store = try net()
    let image = try Formula.tensor(count: 1, shape: store.network.input, salt: 1000, scale: 255)
    let notes = try map("extremal-perturbation", store, image, class: golden.class) { ($0.area, $0.steps) = (0.2, 100) }.notes
    for (name, note) in [("area", "mask_area"), ("score", "preserved_score")] {
      let (range, found) = try (#require(golden.preserved[name]), #require(notes[note]))
      #expect(found > 0.95 * range[0] && found < 1.05 * range[1], "\(name) \(found), the reference's are \(range)")
    }
  }

  @Test("Integrated gradients sum to the difference of the scores, the better the more steps there are") func complete() throws {
    let store = try smallNet()
    let image = try randomPictures(1, store.network.input)
    let gaps = try [4, 64, 512].map { steps in
      let notes = try map("integrated-gradients", store, image, class: 1) { $0.steps = steps }.notes
      return try abs(#require(notes["completeness_gap"]) / #require(notes["score_difference"]))
    }
    #expect(gaps[2] < gaps[0] && gaps[2] < 0.01, "\(gaps)")
  }

  @Test("SmoothGrad of a linear net is the gradient, and without noise it is so of every net") func smoothGrad() throws {
    let linear = try linearNet()
    let image = try randomPictures(1, linear.network.input)
    let exact = try map("gradient", linear, image, class: 1).map
    let smooth = try map("smoothgrad", linear, image, class: 1) { $0.samples = 4 }.map
    #expect(distance(smooth, exact) < 1e-6 * rms(exact))
    let small = try smallNet()
    let other = try randomPictures(1, small.network.input)
    let silent = try map("smoothgrad", small, other, class: 1) { ($0.samples, $0.noise, $0.base) = (3, 0, "guided") }.map
    let guided = try map("guided", small, other, class: 1).map
    #expect(distance(silent, guided) < 1e-5 * rms(guided))
    let noisy = try map("smoothgrad", small, other, class: 1) { $0.samples = 3 }.map
    #expect(try noisy != map("smoothgrad", small, other, class: 1) { ($0.samples, $0.seed) = (3, 1) }.map)
  }

  @Test("The variance of noisy copies is the mean of the squares less the square of the mean") func varGrad() throws {
    let store = try smallNet(side: 8)
    let image = try randomPictures(1, store.network.input)
    let score = try ScoreFunction(store, batch: 1)
    var options = SaliencyMethodOptions()
    (options.samples, options.seed) = (5, 3)
    let values = try ["smoothgrad", "vargrad", "squaregrad"].map { name in
      let pictures = ClassPictures(images: image, classes: [2], scores: score.scores(of: image, classes: [2]), streams: [9])
      return try TestSupport.values(
        SaliencyMethods.make(name, options, for: store.network).attributions(of: pictures, by: score).values)
    }
    let expected = zip(values[2], values[0]).map { $0 - $1 * $1 }
    #expect(distance(values[1], expected) < 1e-4 * rms(expected))
  }

  @Test(
    "The bits of a map don't depend on the pictures beside it, so that ranks may share pictures in any way",
    arguments: SaliencyMethods.names, [BackendChoice.onednn, .openblas].filter { $0.obstacle(to: .float32) == nil })
  func companions(name: String, backend: BackendChoice) throws {
    let store = try net()
    let images = try Formula.tensor(count: 3, shape: store.network.input, salt: 7, scale: 255)
    var few = SaliencyMethodOptions()
    options(name, &few)
    if name == "extremal-perturbation" { (few.area, few.steps) = (0.2, 25) }
    let method = try SaliencyMethods.make(name, few, for: store.network)
    let mapper = try SaliencyMapper(store, method: method, batch: 3, compute: ComputeSettings(backend: backend))
    let pictures = (0..<3).map { number in
      CroppedPicture(
        places: [CropPlace(x: 0, y: 0)], frame: PictureSize(width: 12, height: 12), classIndex: number,
        stream: UInt64(40 + number)
      ) { _ in Array(images[number]) }
    }
    let together = try mapper.maps(of: pictures).map(\.map)
    #expect(together[0] != together[1])
    for number in 0..<3 { #expect(try mapper.maps(of: [pictures[number]])[0].map == together[number], "picture \(number)") }
  }

  @Test("Methods that hand relevance down follow the net's weights when they change") func renewed() throws {
    let (store, other) = (try net(), try net())
    for i in other.values.all.indices { other.values.all[i] *= i % 2 == 0 ? 0.7 : 1.2 }
    other.valuesChanged()
    let image = try randomPictures(1, store.network.input)
    for name in ["lrp", "contrastive-excitation"] {
      let method = try SaliencyMethods.make(name, for: store.network)
      let mapper = try SaliencyMapper(store, method: method, batch: 1)
      let before = try mapper.maps(of: image, classes: [1])[0].map
      let trained = Array(store.values.all)
      _ = store.values.all.update(fromContentsOf: other.values.all)
      store.valuesChanged()
      #expect(try mapper.maps(of: image, classes: [1])[0].map == map(name, other, image, class: 1).map, "\(name)")
      _ = store.values.all.update(fromContentsOf: trained)
      store.valuesChanged()
      #expect(try mapper.maps(of: image, classes: [1])[0].map == before, "\(name)")
    }
  }

  @Test("Occlusion of a linear net is the mean over squares of the products below them") func occlusion() throws {
    let store = try linearNet(side: 6)
    let image = try randomPictures(1, store.network.input)
    let found = try map("occlusion", store, image, class: 2) { ($0.window, $0.stride) = (3, 3) }.map
    let w = weights(of: 2, in: store)
    for square in 0..<4 {
      let pixels = (0..<9).map { (square / 2 * 3 + $0 / 3) * 6 + square % 2 * 3 + $0 % 3 }
      let sum = pixels.reduce(Float(0)) { sum, i in sum + (0..<3).reduce(Float(0)) { $0 + w[$1 * 36 + i] * image[0][$1 * 36 + i] }
      }
      for i in pixels { #expect(abs(found[i] - sum) < 1e-3) }
    }
  }

  @Test("Unknown methods and options that aren't the method's, or make no sense, are named") func options() throws {
    let network = try smallNet().network
    func message(_ name: String, _ change: (inout SaliencyMethodOptions) -> Void) -> String {
      var options = SaliencyMethodOptions()
      change(&options)
      do {
        _ = try SaliencyMethods.make(name, options, for: network)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message("lime") { _ in }.contains("gradient, deconvnet"))
    #expect(message("gradient") { $0.samples = 3 }.contains("--samples isn't an option of the method gradient"))
    #expect(message("smoothgrad") { ($0.base, $0.steps) = ("integrated-gradients", 4) }.isEmpty)
    #expect(message("smoothgrad") { $0.base = "smoothgrad" }.contains("--base"))
    #expect(message("rise") { $0.noise = 1 }.contains("--noise isn't an option of the method rise"))
    #expect(message("extremal-perturbation") { $0.area = 2 }.contains("--area 2"))
    #expect(message("contrastive-excitation") { $0.layer = "fc2" }.contains("fc2 has no positions"))
    #expect(message("grad-cam") { $0.layer = "fc2" }.contains("fc2 has no positions"))
    #expect(message("grad-cam") { $0.layer = "conv9" }.contains("conv9"))
    #expect(message("occlusion") { $0.window = 17 }.contains("--window 17"))
    #expect(message("integrated-gradients") { $0.steps = 0 }.contains("--steps 0"))
  }
}
