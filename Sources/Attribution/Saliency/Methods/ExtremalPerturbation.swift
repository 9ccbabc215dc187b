import ConvNet
import Files
import Images

/// The mask of a given area that keeps S_c highest while the picture outside it is blurred: the maximum of S_c(I ⊗ m) − λ |sorted(m) −
/// r|² over smooth masks m, where r is 0 but for the given part, which is 1. The map is the mask.
///
/// The picture is blurred in 8 levels up to σ = 20 pixels (of 224), between which the mask chooses. m is ascended by steps of 0.01 with
/// momentum 0.9; λ starts at 300 and grows by 0.35 % per step; every other step sees the picture mirrored. The result keeps the mask's
/// mean as `mask_area` and the masked picture's score as `preserved_score`.
/// Source: Fong et al. 2019, *Understanding deep networks via extremal perturbations and smooth masks*, §3; TorchRay (its
/// preservation game; beyond the border its blur has the mean picture, and this one the border's pixels).
struct ExtremalPerturbation: SaliencyMethod {
  static let levels = 8
  let area: Float
  let steps: Int

  init(_ options: SaliencyMethodOptions, _ network: Network) throws {
    area = try SaliencyMethods.checked("area", options.area, default: 0.1, in: 0.001...1)
    steps = try SaliencyMethods.checked("steps", options.steps, default: 800, in: 1...1 << 20)
  }

  var parameters: [String: ParameterValue] {
    ["method": .text("extremal-perturbation"), "area": .number(area), "steps": .number(Double(steps))]
  }

  /// The state of the ascent for one picture.
  private struct Ascent {
    let classIndex: Int
    /// The blurred pictures, the strongest blur first, the picture itself last.
    let levels: [[Float]]
    var parameters: [Float]
    var velocity: [Float] = []
    var mask: [Float] = []
  }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let (images, shape) = (pictures.images, pictures.images.shape)
    let step = max(1, shape.width / 32)
    let masks = SmoothMask(picture: shape, step: step, sigma: 3 * step)
    var ascents = (0..<images.count).map { slot in
      Ascent(
        classIndex: pictures.classes[slot], levels: Self.levels(Array(images[slot]), shape),
        parameters: [Float](repeating: 1, count: masks.grid.area))
    }
    let shown = try Tensor(count: images.count, shape: shape)
    var weight: Float = 300
    for step in 0..<steps {
      for slot in ascents.indices {
        ascents[slot].mask = masks.mask(ascents[slot].parameters)
        Self.show(ascents[slot].levels, masks.cropped(ascents[slot].mask), shape, in: shown[slot], mirrored: step % 2 == 0)
      }
      _ = score.scores(of: shown)
      let gradients = score.gradients(classes: pictures.classes)
      for slot in ascents.indices {
        climb(&ascents[slot], gradients[slot], masks, areaWeight: weight, mirrored: step % 2 == 0)
      }
      weight *= 1.0035
    }
    let result = try Tensor(count: images.count, shape: masks.picture)
    for slot in ascents.indices {
      let mask = masks.cropped(ascents[slot].mask)
      _ = result[slot].update(fromContentsOf: mask)
      Self.show(ascents[slot].levels, mask, shape, in: shown[slot], mirrored: false)
    }
    let reached = score.scores(of: shown, classes: pictures.classes)
    let notes = ascents.indices.map { slot in
      [
        "mask_area": Double(result[slot].reduce(0, +)) / Double(shape.area), "preserved_score": Double(reached[slot]),
      ]
    }
    return Attributions(.pixels, result, notes: notes)
  }

  /// The picture at all levels of blur.
  static func levels(_ image: [Float], _ shape: Shape) -> [[Float]] {
    (0..<levels).map { level in
      let sigma = 20 * Float(shape.width) / 224 * (1 - Float(level) / Float(levels - 1))
      var (picture, scratch) = (image, image)
      picture.withUnsafeMutableBufferPointer { picture in
        scratch.withUnsafeMutableBufferPointer { GaussianBlur(sigma: sigma).apply(to: picture, scratch: $0, shape: shape) }
      }
      return picture
    }
  }

  /// The two levels between which a mask's value lies, and the share of the second.
  private static func place(_ value: Float) -> (Int, Int, Float) {
    let position = value * Float(levels - 1)
    let lower = Int(position)
    return (lower, min(lower + 1, levels - 1), position - Float(lower))
  }

  private static func pixel(_ i: Int, _ shape: Shape, mirrored: Bool) -> Int {
    mirrored ? i - i % shape.width + shape.width - 1 - i % shape.width : i
  }

  private static func show(
    _ levels: [[Float]], _ mask: [Float], _ shape: Shape, in shown: UnsafeMutableBufferPointer<Float>, mirrored: Bool
  ) {
    for (i, value) in mask.enumerated() {
      let (lower, upper, share) = place(value)
      let target = pixel(i, shape, mirrored: mirrored)
      for plane in stride(from: 0, to: shape.count, by: shape.area) {
        shown[plane + target] = (1 - share) * levels[lower][plane + i] + share * levels[upper][plane + i]
      }
    }
  }

  /// Makes one step up.
  ///
  /// - Parameter gradient: ∂S_c/∂ of the shown picture.
  private func climb(
    _ ascent: inout Ascent, _ gradient: UnsafeMutableBufferPointer<Float>, _ masks: SmoothMask, areaWeight: Float, mirrored: Bool
  ) {
    let (mask, shape) = (ascent.mask, masks.picture)
    var slope = [Float](repeating: 0, count: mask.count)
    // The area: values in ascending order shall be 0, the last ones 1.
    let zeros = Int(Double(mask.count) * (1 - Double(area)))
    let order = mask.indices.sorted { (mask[$0], $0) < (mask[$1], $1) }
    for (rank, i) in order.enumerated() {
      slope[i] = -2 * areaWeight * (mask[i] - (rank < zeros ? 0 : 1)) / Float(mask.count)
    }
    for i in 0..<shape.area {
      let at = (masks.margin + i / shape.width) * masks.whole.width + masks.margin + i % shape.width
      let (lower, upper, _) = Self.place(mask[at])
      let source = Self.pixel(i, shape, mirrored: mirrored)
      var sum: Float = 0
      for plane in stride(from: 0, to: gradient.count, by: shape.area) {
        sum += gradient[plane + source] * (ascent.levels[upper][plane + i] - ascent.levels[lower][plane + i])
      }
      slope[at] += Float(Self.levels - 1) * sum
    }
    let change = masks.pullBack(slope, ascent.parameters)
    // The first step is as long as if the velocity had been the gradient before, too.
    ascent.velocity = ascent.velocity.isEmpty ? change : zip(ascent.velocity, change).map { 0.9 * $0 + 0.1 * $1 }
    for i in change.indices { ascent.parameters[i] = min(max(ascent.parameters[i] + 0.01 * ascent.velocity[i], 0), 1) }
  }
}
