import Cluster
import ConvNet

/// The picture that a net finds most typical of a class, and how it came about.
public struct ClassModel: Sendable {
  public let classIndex: Int
  /// `[3, H, W]`, the mean not added.
  public let image: [Float]
  /// S_c of the picture that entered the net in each iteration (jittered where there is jitter), then of the final picture:
  /// iterations + 1 values.
  public let scoreTrace: [Float]
  /// What the net says of the final picture, the strongest classes first.
  public let topClasses: [RankedClass]
  /// S_c of the final picture.
  public let score: Float
  /// The class's posterior there.
  public let posterior: Float
  /// λ of the L2 term, absolute; 0 where there is none.
  public let lambda: Float
  /// What is to be said against the picture: a gradient that was zero or no number.
  public let warning: String?
}

/// Finds class models by gradient ascent on the picture, with fixed weights: argmax over I of S_c(I) − λ‖I‖₂².
///
/// Every slot of the batch climbs for a class of its own, from the zero picture (the net was trained on centred data):
/// I ← (1 − decay)·I + η·g / RMS(g), g = ∂S_c/∂I − 2λI, then blur and clipping where the options ask for them. A slot sees
/// nothing of the others: its result depends on the class, the seed and the parameters, not on its neighbours.
///
/// S_c is the score before the softmax: raising the posterior can be had by lowering the other classes (§2).
/// Source: Simonyan et al. 2013 §2; Yosinski et al. 2015 §3.
public final class ClassModelAscent {
  private let plan: Plan
  private let mean: [Float]
  private let options: ClassModelOptions
  private let pictures: Tensor
  private let entering: Tensor
  private let scratch: Tensor
  private let scoreGradient: Tensor

  /// - Parameters:
  ///   - mean: `[3, H, W]`, for clipping.
  ///   - batch: the most classes at a time.
  public init(
    _ parameters: ParameterStore, mean: [Float], options: ClassModelOptions, batch: Int,
    compute: ComputeSettings = ComputeSettings()
  ) {
    let network = parameters.network
    precondition(mean.count == network.input.count, "a mean of \(mean.count) values for an input \(network.input)")
    precondition(options.iterations > 0 && options.blurInterval > 0, "iterations and blur interval must be positive")
    plan = Plan(parameters, batch: batch, purpose: .inputGradient, compute: compute)
    self.mean = mean
    self.options = options
    pictures = Tensor(count: batch, shape: network.input)
    entering = Tensor(count: batch, shape: network.input)
    scratch = Tensor(count: 1, shape: network.input)
    scoreGradient = Tensor(count: batch, shape: network.shapes[network.shapes.count - 1])
  }

  /// What one slot remembers between iterations.
  private struct Slot {
    let classIndex: Int
    var trace: [Float] = []
    var lambda: Float = 0
    var zeroGradients = 0
    var diverged = false
  }

  /// The models of up to `batch` classes.
  ///
  /// - Parameter shouldStop: asked in every iteration; when it says yes the work is dropped.
  /// - Returns: a model a class, in the same order; nil when stopped.
  public func run(classes: [Int], shouldStop: () -> Bool = { false }) -> [ClassModel]? {
    precondition(classes.count <= plan.batch, "\(classes.count) classes for a batch of \(plan.batch)")
    guard !classes.isEmpty else { return [] }
    let count = classes.count
    pictures.storage.fill(with: 0)
    scoreGradient.storage.fill(with: 0)
    for (slot, index) in classes.enumerated() { scoreGradient[slot][index] = 1 }
    var slots = classes.map { Slot(classIndex: $0) }

    for iteration in 0..<options.iterations {
      if shouldStop() { return nil }
      Activity.enter(.item, step: iteration + 1)
      let rolls = classes.map { Roll(jitter: options.jitter, seed: options.seed, iteration: iteration, classIndex: $0) }
      for slot in 0..<count { rolls[slot].apply(pictures[slot], to: entering[slot], shape: pictures.shape) }
      let scores = plan.forward(entering.prefix(count))
      plan.backward(from: scoreGradient.prefix(count)) { _ in }
      for slot in 0..<count {
        slots[slot].trace.append(scores[slot][classes[slot]])
        rolls[slot].inverse.apply(plan.inputGradient[slot], to: scratch[0], shape: pictures.shape)
        climb(&slots[slot], pictures[slot], gradient: scratch[0], iteration: iteration)
      }
    }

    let scores = plan.forward(pictures.prefix(count))
    return slots.enumerated().map { slot, state in finish(state, pictures[slot], scores: scores[slot]) }
  }

  /// One step of one picture. `gradient` is ∂S_c/∂I, and is overwritten.
  private func climb(
    _ slot: inout Slot, _ picture: UnsafeMutableBufferPointer<Float>, gradient: UnsafeMutableBufferPointer<Float>, iteration: Int
  ) {
    var size = rootMeanSquare(gradient)
    if size == 0 { slot.zeroGradients += 1 }
    if iteration == 0 { slot.lambda = options.lambda(gradientRMS: size) }
    if slot.lambda != 0 {
      for i in gradient.indices { gradient[i] -= 2 * slot.lambda * picture[i] }
      size = rootMeanSquare(gradient)
    }
    guard size.isFinite else {
      slot.diverged = true
      return
    }
    decay(picture, rate: options.decay)
    if size > 0 {
      let factor = options.step(at: iteration) / size
      for i in picture.indices { picture[i] += factor * gradient[i] }
    }
    options.blur(after: iteration)?.apply(to: picture, scratch: scratch[0], shape: pictures.shape)
    if options.clips { clip(picture, mean: mean) }
  }

  private func finish(
    _ slot: Slot, _ picture: UnsafeMutableBufferPointer<Float>, scores: UnsafeMutableBufferPointer<Float>
  ) -> ClassModel {
    let score = scores[slot.classIndex]
    var warning: String?
    if slot.diverged {
      warning = "the gradient of the class score was not a finite number: the net has diverged, or its mean doesn't fit"
    } else if slot.zeroGradients > 0 {
      warning =
        "the gradient of the class score was exactly zero in \(slot.zeroGradients) of \(options.iterations) iterations: "
        + "no unit below it was active, and the picture could not move"
    }
    return ClassModel(
      classIndex: slot.classIndex, image: Array(picture), scoreTrace: slot.trace + [score],
      topClasses: RankedClass.top(5, of: scores), score: score, posterior: posteriors(scores)[slot.classIndex],
      lambda: slot.lambda, warning: warning)
  }
}
