import ConvNet

/// The picture that a net finds most typical of a class, with the course of its ascent.
public struct ClassModel: Sendable {
  public let objective: Objective
  /// `[3, H, W]`, without the mean picture.
  public let image: [Float]
  /// The objective (S_c) of the picture as it entered the net in each iteration (after jitter, if there is any), then of the
  /// final picture: iterations + 1 values.
  public let scoreTrace: [Float]
  /// The classes with the highest scores for the final picture, highest first.
  public let topClasses: [RankedClass]
  /// The class's score for the final picture; if the objective isn't that of a class, the highest score.
  public let score: Float
  /// The posterior of the same class.
  public let posterior: Float
  /// The weight λ of the L2 term, absolute; 0 if there is no such term.
  public let lambda: Float
  /// A warning about the picture, because a gradient was zero or not a finite number; nil if there is none.
  public let warning: String?

  /// The index of the class that `score` and `posterior` belong to.
  public var classIndex: Int { objective.classIndex ?? topClasses.first?.index ?? 0 }
}

/// Makes class models by gradient ascent on the picture, with fixed weights: argmax over I of S_c(I) − λ‖I‖₂².
///
/// Every slot of the batch has an objective of its own. It starts from the zero picture, because the net was trained on centred
/// data. In each iteration g = ∂S_c/∂I is computed under a random transformation, and the gradients of the penalties are
/// subtracted. The parameterisation T and the optimiser give a direction d = T·optimiser(Tᵀ·g), and I ← I + η·d / RMS(d). Then
/// decay, blur and clipping restrain the picture. The result of a slot depends on its objective, the seed and the parameters, not
/// on the other slots.
///
/// Source: Simonyan et al. 2013 §2; Yosinski et al. 2015 §3; Olah et al. 2017 for how the parts compose.
public final class ClassModelAscent {
  private let objectiveGradient: ObjectiveGradient
  private let mean: [Float]
  private let climb: Climb
  private let entering: Tensor
  private var options: ClassModelOptions { climb.options }
  private var pictures: Tensor { climb.pictures }
  private var plan: Plan { objectiveGradient.plan }

  /// - Parameters:
  ///   - mean: `[3, H, W]`, for clipping.
  ///   - colourAxes: the colour axes of the training pixels, for the Fourier parameterisation; if empty, those of ILSVRC are
  ///     used.
  ///   - regularisers: further ones, which are applied after those of the options.
  ///   - batch: the most pictures that are computed together.
  public init(
    _ parameters: ParameterStore, mean: [Float], colourAxes: [SIMD3<Float>] = [], options: ClassModelOptions,
    regularisers: [any Regulariser] = [], batch: Int, compute: ComputeSettings = ComputeSettings()
  ) throws {
    let network = parameters.network
    precondition(mean.count == network.input.count, "a mean of \(mean.count) values for an input \(network.input)")
    precondition(options.iterations > 0 && options.blurInterval > 0, "iterations and blur interval must be positive")
    precondition(batch % options.samples == 0, "\(batch) pictures don't hold samples of \(options.samples)")
    objectiveGradient = try ObjectiveGradient(
      try Plan(parameters, batch: batch, purpose: .inputGradient, compute: compute), diversity: options.diversity(for: network))
    self.mean = mean
    entering = try Tensor(count: batch, shape: network.input)
    climb = Climb(
      options: options, parameterisation: options.parameterisation(for: network, colourAxes: colourAxes),
      regularisers: options.regularisers(mean: mean) + regularisers,
      pictures: try Tensor(count: batch, shape: network.input), gradients: try Tensor(count: batch, shape: network.input),
      scratch: try Tensor(count: batch, shape: network.input))
  }

  /// What one slot keeps from one iteration to the next.
  private struct Slot: Sendable {
    let objective: Objective
    /// The number of its stream of random numbers.
    let stream: Int
    var optimiser: OptimiserState
    var trace: [Float] = []
    /// RMS(∂objective/∂I) in the first iteration.
    var unit: Float = 0
    var zeroGradients = 0
    var diverged = false
  }

  /// What the steps of all slots use. Each slot has its own picture in the tensors.
  private struct Climb: Sendable {
    let options: ClassModelOptions
    let parameterisation: any Parameterisation
    let regularisers: [any Regulariser]
    let pictures: Tensor
    let gradients: Tensor
    let scratch: Tensor

    /// Makes one step of one picture.
    func step(_ slot: inout Slot, _ index: Int, iteration: Int) {
      let (picture, gradient, scratch) = (pictures[index], gradients[index], scratch[index])
      let shape = pictures.shape
      let progress = Float(iteration) / Float(options.iterations)
      let size = rootMeanSquare(gradient)
      if size == 0 { slot.zeroGradients += 1 }
      if iteration == 0 { slot.unit = size }
      guard size.isFinite else {
        slot.diverged = true
        return
      }
      for regulariser in regularisers { regulariser.penalise(gradient, picture: picture, shape: shape, unit: slot.unit) }
      parameterisation.pullBack(gradient, scratch: scratch, progress: progress)
      slot.optimiser.direct(gradient)
      parameterisation.render(gradient, scratch: scratch, progress: progress)
      let length = rootMeanSquare(gradient)
      if length > 0, length.isFinite {
        let factor = options.step(at: iteration) / length
        for i in picture.indices { picture[i] += factor * gradient[i] }
      }
      for regulariser in regularisers {
        regulariser.restrain(
          picture, scratch: scratch, shape: shape, iteration: iteration, iterations: options.iterations)
      }
    }
  }

  /// Makes a model of each class by its score.
  public func run(
    classes: [Int], shouldStop: () -> Bool = { false }, progress: (_ iteration: Int) -> Void = { _ in }
  ) throws -> [ClassModel]? {
    try run(classes.map { (.score($0), $0) }, shouldStop: shouldStop, progress: progress)?.map { $0[0] }
  }

  /// Makes models of objectives, each with the number of its stream of random numbers.
  ///
  /// - Parameters:
  ///   - shouldStop: asked in every iteration; if it returns true, the work is discarded.
  ///   - progress: called at the beginning of every iteration, with its number from 1.
  /// - Returns: `samples` models per objective, in the same order; nil if stopped.
  public func run(
    _ items: [(Objective, stream: Int)], shouldStop: () -> Bool = { false }, progress: (_ iteration: Int) -> Void = { _ in }
  ) throws -> [[ClassModel]]? {
    let samples = options.samples
    precondition(items.count * samples <= plan.batch, "\(items.count) × \(samples) pictures for a batch of \(plan.batch)")
    guard !items.isEmpty else { return [] }
    pictures.storage.fill(with: 0)
    var slots = items.flatMap { item in
      // An optimiser each from the start: copies of one would share its memory until a thread writes to it.
      (0..<samples).map {
        Slot(
          objective: item.0, stream: $0 << 32 | item.stream,
          optimiser: OptimiserState(options.optimiser, count: pictures.shape.count))
      }
    }
    let objectives = slots.map(\.objective)

    for iteration in 0..<options.iterations {
      if shouldStop() { return nil }
      progress(iteration + 1)
      let transformations = slots.map { options.transformation(iteration: iteration, item: $0.stream) }
      plan.team.split(slots.count) { [climb, entering] _, range in
        for slot in range {
          transformations[slot].apply(
            climb.pictures[slot], to: entering[slot], scratch: climb.scratch[slot], shape: entering.shape)
        }
      }
      let values = try objectiveGradient.run(entering.prefix(slots.count), objectives, group: samples)
      let gradient = objectiveGradient.gradient
      slots.withUnsafeMutableBufferPointer { slots in
        let slots = SharedPointer(slots.baseAddress!)
        plan.team.split(objectives.count) { [climb] _, range in
          for slot in range {
            slots.pointer[slot].trace.append(values[slot])
            transformations[slot].pullBack(
              gradient[slot], to: climb.gradients[slot], scratch: climb.scratch[slot], shape: gradient.shape)
            climb.step(&slots.pointer[slot], slot, iteration: iteration)
          }
        }
      }
    }

    let (scores, values) = try objectiveGradient.values(pictures.prefix(slots.count), objectives)
    let models = slots.indices.map { finish(slots[$0], pictures[$0], value: values[$0], scores: scores[$0]) }
    return items.indices.map { Array(models[($0 * samples)..<(($0 + 1) * samples)]) }
  }

  private func finish(
    _ slot: Slot, _ picture: UnsafeMutableBufferPointer<Float>, value: Float, scores: UnsafeMutableBufferPointer<Float>
  ) -> ClassModel {
    let top = RankedClass.top(5, of: scores)
    let classIndex = slot.objective.classIndex ?? top.first?.index ?? 0
    var warning: String?
    if slot.diverged {
      warning = "the gradient of the class score was not a finite number: the net has diverged, or its mean doesn't fit"
    } else if slot.zeroGradients > 0 {
      warning =
        "the gradient of the class score was exactly zero in \(slot.zeroGradients) of \(options.iterations) iterations: "
        + "no unit below it was active, and the picture could not move"
    }
    return ClassModel(
      objective: slot.objective, image: Array(picture), scoreTrace: slot.trace + [value], topClasses: top,
      score: scores[classIndex], posterior: posteriors(scores)[classIndex], lambda: options.regularisation * slot.unit,
      warning: warning)
  }
}
