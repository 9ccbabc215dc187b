import ConvNet
import Files
import Random

/// The mean of another method's attributions over noisy copies of the picture: (1/n) Σ a(I + ε), ε ~ N(0, σ²), where
/// σ = noise · (max I − min I).
///
/// The noise of a copy depends only on the seed, the picture's stream and the copy's number.
/// Source: Smilkov et al. 2017.
struct SmoothGrad: SaliencyMethod {
  let base: any SaliencyMethod
  let samples: Int
  let noise: Float
  let seed: UInt64

  init(_ options: SaliencyMethodOptions, _ network: Network) throws {
    let name = options.base ?? "gradient"
    guard name != "smoothgrad" else { throw AttributionError("--base smoothgrad: it can't wrap itself") }
    var inner = options
    (inner.samples, inner.noise, inner.base, inner.seed) = (nil, nil, nil, nil)
    base = try SaliencyMethods.make(name, inner, for: network)
    samples = try SaliencyMethods.checked("samples", options.samples, default: 25, in: 1...1 << 20)
    noise = try SaliencyMethods.checked("noise", options.noise, default: 0.15, in: 0...10)
    seed = options.seed ?? 0
  }

  var parameters: [String: ParameterValue] {
    var all = base.parameters
    all["base"] = all["method"]
    all["method"] = .text("smoothgrad")
    all["samples"] = .number(Double(samples))
    all["noise"] = .number(noise)
    all["seed"] = .text("\(seed)")
    return all
  }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let images = pictures.images
    let deviations = (0..<images.count).map { noise * ((images[$0].max() ?? 0) - (images[$0].min() ?? 0)) }
    var noisy = pictures
    noisy.images = try Tensor(count: images.count, shape: images.shape)
    var mean: Attributions?
    for sample in 0..<samples {
      for slot in 0..<images.count {
        var random = CounterRandom(
          seed: seed, purpose: .visualization, epoch: sample, sample: Int(bitPattern: UInt(pictures.streams[slot])))
        let (from, to) = (images[slot], noisy.images[slot])
        for i in from.indices { to[i] = from[i] + deviations[slot] * random.normal() }
      }
      noisy.scores = score.scores(of: noisy.images, classes: pictures.classes)
      let drawn = try base.attributions(of: noisy, by: score)
      let sum = try mean ?? Attributions(drawn.kind, try Tensor(count: images.count, shape: drawn.values.shape))
      mean = sum
      let (total, part) = (sum.values.values, drawn.values.values)
      withExtendedLifetime(drawn) { for i in total.indices { total[i] += part[i] / Float(samples) } }
    }
    guard let mean else { preconditionFailure("at least one sample") }
    return mean
  }
}
