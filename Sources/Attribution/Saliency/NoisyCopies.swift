import ConvNet
import Files
import Random

/// A statistic of another method's attributions over noisy copies of the picture: of a(I + ε) with ε ~ N(0, σ²) and
/// σ = noise · (max I − min I).
///
/// The noise of a copy depends only on the seed, the picture's stream and the copy's number.
struct NoisyCopies: SaliencyMethod {
  /// What is computed of the n attributions of each value.
  enum Statistic: String, Sendable, CaseIterable {
    /// The mean.
    case smoothgrad
    /// The variance, divided by n.
    case vargrad
    /// The mean of the squares.
    case squaregrad
  }

  let statistic: Statistic
  let base: any SaliencyMethod
  let samples: Int
  let noise: Float
  let seed: UInt64

  init(_ statistic: Statistic, _ options: SaliencyMethodOptions, _ network: Network) throws {
    self.statistic = statistic
    let name = options.base ?? "gradient"
    guard Statistic(rawValue: name) == nil else { throw AttributionError("--base \(name): noisy copies can't be nested") }
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
    all["method"] = .text(statistic.rawValue)
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
    var result: Attributions?
    var mean: [Float] = []
    for sample in 0..<samples {
      for slot in 0..<images.count {
        var random = CounterRandom(
          seed: seed, purpose: .visualization, epoch: sample, sample: Int(bitPattern: UInt(pictures.streams[slot])))
        let (from, to) = (images[slot], noisy.images[slot])
        for i in from.indices { to[i] = from[i] + deviations[slot] * random.normal() }
      }
      noisy.scores = score.scores(of: noisy.images, classes: pictures.classes)
      let drawn = try base.attributions(of: noisy, by: score)
      let sum = try result ?? Attributions(drawn.kind, try Tensor(count: images.count, shape: drawn.values.shape))
      result = sum
      withExtendedLifetime(drawn) { add(drawn.values.values, sample, to: sum.values.values, &mean) }
    }
    guard let result else { preconditionFailure("at least one sample") }
    return result
  }

  /// Adds the attributions of one copy.
  ///
  /// - Parameter mean: the mean of the attributions so far, which only the variance needs (Welford's algorithm).
  private func add(
    _ part: UnsafeMutableBufferPointer<Float>, _ sample: Int, to total: UnsafeMutableBufferPointer<Float>, _ mean: inout [Float]
  ) {
    let count = Float(samples)
    switch statistic {
    case .smoothgrad: for i in total.indices { total[i] += part[i] / count }
    case .squaregrad: for i in total.indices { total[i] += part[i] * part[i] / count }
    case .vargrad:
      if mean.isEmpty { mean = [Float](repeating: 0, count: total.count) }
      for i in total.indices {
        let difference = part[i] - mean[i]
        mean[i] += difference / Float(sample + 1)
        total[i] += difference * (part[i] - mean[i]) / count
      }
    }
  }
}
