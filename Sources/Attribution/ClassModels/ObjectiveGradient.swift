import ConvNet

/// Computes the values of objectives and their gradients with respect to the pictures, one picture per slot of the batch.
///
/// It makes one backward pass from the scores and one from each layer that an objective of any slot uses. Slots don't influence
/// each other.
final class ObjectiveGradient {
  let plan: Plan
  private let diversity: Diversity?
  private var seeds: [String: Tensor] = [:]
  private let scoreSeed: Tensor
  /// The sum of the gradients of several backward passes; made when it is needed for the first time.
  private var sum: Tensor?
  private var isSum = false

  init(_ plan: Plan, diversity: Diversity?) throws {
    self.plan = plan
    self.diversity = diversity
    let network = plan.network
    scoreSeed = try Tensor(count: plan.batch, shape: network.shapes[network.shapes.count - 1])
  }

  /// ∂objective/∂picture of each slot, `[N, 3, H, W]`; valid from `run` to the next backward pass of the plan.
  var gradient: Tensor { (isSum ? sum : nil) ?? plan.inputGradient }

  /// Computes the objectives and their gradients.
  ///
  /// - Parameters:
  ///   - pictures: `[N, 3, H, W]`, as they enter the net.
  ///   - objectives: one per picture.
  ///   - group: so many successive pictures belong together, and the diversity term makes them differ.
  /// - Returns: the objectives' values, without the diversity term.
  func run(_ pictures: Tensor, _ objectives: [Objective], group: Int) throws -> [Float] {
    let (_, values, hasScores, layers) = try forward(pictures, objectives)
    let isDiverse = diversity != nil && group > 1
    isSum = (hasScores ? 1 : 0) + layers.count + (isDiverse ? 1 : 0) != 1
    if isSum {
      if sum == nil { sum = try Tensor(count: plan.batch, shape: plan.network.input) }
      sum?.storage.fill(with: 0)
    }
    if hasScores {
      plan.backward(from: scoreSeed.prefix(pictures.count))
      if isSum { add(pictures.count) }
    }
    for layer in layers {
      try plan.backward(from: layer, gradient: seed(of: layer).prefix(pictures.count))
      if isSum { add(pictures.count) }
    }
    if let diversity, isDiverse { try addDiversity(diversity, count: pictures.count, group: group) }
    return values
  }

  /// Computes the objectives without gradients.
  /// - Returns: the net's scores of the pictures, and the objectives' values.
  func values(_ pictures: Tensor, _ objectives: [Objective]) throws -> (scores: Tensor, values: [Float]) {
    let (scores, values, _, _) = try forward(pictures, objectives)
    return (scores, values)
  }

  /// Makes a forward pass. After it the seeds hold the objectives' gradients with respect to the scores and to the layers that
  /// they use.
  private func forward(
    _ pictures: Tensor, _ objectives: [Objective]
  ) throws -> (scores: Tensor, values: [Float], hasScores: Bool, layers: [String]) {
    let scores = plan.forward(pictures)
    var values = [Float](repeating: 0, count: objectives.count)
    let hasScores = seedScores(scores, objectives, &values)
    let layers = objectives.reduce(into: Set<String>()) { $0.formUnion($1.layers) }.sorted()
    for layer in layers {
      let seed = try seed(of: layer)
      seed.storage.fill(with: 0)
      let activation = try plan.activation(of: layer)
      for (slot, objective) in objectives.enumerated() {
        values[slot] += Self.seed(seed[slot], activation[slot], shape: seed.shape, layer: layer, objective)
      }
    }
    return (scores, values, hasScores, layers)
  }

  private func seedScores(_ scores: Tensor, _ objectives: [Objective], _ values: inout [Float]) -> Bool {
    scoreSeed.storage.fill(with: 0)
    var hasScores = false
    for (slot, objective) in objectives.enumerated() {
      for term in objective.terms {
        switch term.quantity {
        case .score(let index):
          hasScores = true
          values[slot] += term.weight * scores[slot][index]
          scoreSeed[slot][index] += term.weight
        case .posterior(let index):
          // ∂P_c/∂s_j = P_c·(1(j = c) − P_j)
          hasScores = true
          let posterior = posteriors(scores[slot])
          values[slot] += term.weight * posterior[index]
          for j in posterior.indices {
            scoreSeed[slot][j] += term.weight * posterior[index] * ((j == index ? 1 : 0) - posterior[j])
          }
        case .activation: break
        }
      }
    }
    return hasScores
  }

  private static func seed(
    _ seed: UnsafeMutableBufferPointer<Float>, _ activation: UnsafeMutableBufferPointer<Float>, shape: Shape, layer: String,
    _ objective: Objective
  ) -> Float {
    var value: Float = 0
    for term in objective.terms {
      guard case .activation(layer, let channel, let place) = term.quantity else { continue }
      let (units, weight) = place.units(height: shape.height, width: shape.width)
      for unit in units {
        let index = channel * shape.area + unit
        seed[index] += term.weight * weight
        value += term.weight * weight * activation[index]
      }
    }
    return value
  }

  /// Adds the gradient of the diversity term, at `weight` times the size of the objective's own gradient.
  private func addDiversity(_ diversity: Diversity, count: Int, group: Int) throws {
    let seed = try seed(of: diversity.layer)
    let activation = try plan.activation(of: diversity.layer)
    for first in stride(from: 0, to: count, by: group) {
      let samples = first..<min(first + group, count)
      diversity.seed(samples.map { seed[$0] }, activations: samples.map { activation[$0] }, shape: seed.shape)
    }
    try plan.backward(from: diversity.layer, gradient: seed.prefix(count))
    guard let sum else { return }
    for slot in 0..<count {
      let (own, other) = (sum[slot], plan.inputGradient[slot])
      let (size, otherSize) = (rootMeanSquare(own), rootMeanSquare(other))
      guard otherSize > 0, otherSize.isFinite else { continue }
      let factor = diversity.weight * size / otherSize
      for i in own.indices { own[i] += factor * other[i] }
    }
  }

  private func seed(of layer: String) throws -> Tensor {
    if let known = seeds[layer] { return known }
    let index = try plan.network.index(of: layer)
    let made = try Tensor(count: plan.batch, shape: plan.network.shapes[index + 1])
    seeds[layer] = made
    return made
  }

  private func add(_ count: Int) {
    guard let sum else { return }
    let from = plan.inputGradient
    for slot in 0..<count {
      let (to, from) = (sum[slot], from[slot])
      for i in to.indices { to[i] += from[i] }
    }
  }
}
