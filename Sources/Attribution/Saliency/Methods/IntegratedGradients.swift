import ConvNet
import Files

/// (I − I′) · ∫₀¹ ∂S_c/∂I at I′ + t·(I − I′) dt per channel, by the midpoint rule. I′ is the mean picture (zero).
///
/// Completeness: the attributions of a picture sum to S_c(I) − S_c(I′), up to the error of the integral. The result keeps that
/// error as `completeness_gap`, beside `score_difference`.
/// Source: Sundararajan et al. 2017.
struct IntegratedGradients: SaliencyMethod {
  let steps: Int

  init(_ options: SaliencyMethodOptions, _ network: Network) throws {
    steps = try SaliencyMethods.checked("steps", options.steps, default: 50, in: 1...1 << 20)
  }

  var parameters: [String: ParameterValue] {
    ["method": .text("integrated-gradients"), "steps": .number(Double(steps))]
  }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let images = pictures.images
    let point = try Tensor(count: images.count, shape: images.shape)
    let result = try Tensor(count: images.count, shape: images.shape)
    let (from, to, sum) = (images.values, point.values, result.values)
    for step in 0..<steps {
      let part = (Float(step) + 0.5) / Float(steps)
      for i in from.indices { to[i] = part * from[i] }
      _ = score.scores(of: point)
      let gradients = score.gradients(classes: pictures.classes).values
      for i in from.indices { sum[i] += gradients[i] }
    }
    for i in from.indices { sum[i] *= from[i] / Float(steps) }
    point.values.update(repeating: 0)
    let baseline = score.scores(of: point, classes: pictures.classes)
    let notes = (0..<images.count).map { slot in
      let difference = Double(pictures.scores[slot]) - Double(baseline[slot])
      let total = result[slot].reduce(0.0) { $0 + Double($1) }
      return ["score_difference": difference, "completeness_gap": total - difference]
    }
    return Attributions(.channels, result, notes: notes)
  }
}
