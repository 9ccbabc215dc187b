import ConvNet

/// One layer of a net that hands relevance down by a rule, or by its true gradient if it has no weights.
final class LayerRelevance {
  private struct Term {
    let rule: RelevanceRule.Term
    let plan: Plan
    /// The term's fixed input for every picture of a batch, or nil.
    let input: Tensor?
  }

  private let whole: ParameterStore
  private let rule: RelevanceRule
  private let terms: [Term]
  private let quotients: Tensor
  private let result: Tensor
  /// The revision of the net's weights that the modified ones are made of.
  private var revision: Int?

  /// - Parameter index: that of the layer.
  init(_ whole: ParameterStore, layer index: Int, _ rule: RelevanceRule, batch: Int, compute: ComputeSettings) throws {
    (self.whole, self.rule) = (whole, rule)
    let (input, output) = (whole.network.shapes[index], whole.network.shapes[index + 1])
    terms = try rule.terms.map { term in
      let part = try whole.part(index..<(index + 1))
      let isModified = term.weights != nil || !term.hasBiases
      let store = try isModified ? ParameterStore(part.network, training: false) : part
      let fixed = try term.input.map { _ in try Tensor(count: batch, shape: input) }
      if let fixed, let values = term.input { for slot in 0..<batch { _ = fixed[slot].update(fromContentsOf: values) } }
      return Term(rule: term, plan: try Plan(store, batch: batch, purpose: .inputGradient, compute: compute), input: fixed)
    }
    quotients = try Tensor(count: batch, shape: output)
    result = try Tensor(count: batch, shape: input)
  }

  /// Computes the relevance of the layer's input, which is valid until the next call.
  ///
  /// - Parameters:
  ///   - relevance: of the layer's output, before a ReLU: `[N, C, H, W]`.
  ///   - input: the layer's input.
  func handDown(_ relevance: Tensor, input: Tensor) -> Tensor {
    modifyWeights()
    let (quotient, sum) = (quotients.prefix(relevance.count), result.prefix(relevance.count))
    quotient.values.update(repeating: 0)
    for term in terms {
      let output = term.plan.forward(term.input?.prefix(input.count) ?? input).values
      for i in output.indices { quotient.values[i] += term.rule.sign * output[i] }
    }
    for i in quotient.values.indices {
      let denominator = quotient.values[i]
      let stable = denominator + (denominator < 0 ? -rule.stabiliser : rule.stabiliser)
      quotient.values[i] = stable == 0 ? 0 : relevance.values[i] / stable
    }
    sum.values.update(repeating: 0)
    for term in terms {
      term.plan.backward(from: quotient)
      let (gradient, own) = (term.plan.inputGradient.values, (term.input?.prefix(input.count) ?? input).values)
      for i in own.indices { sum.values[i] += term.rule.sign * own[i] * gradient[i] }
    }
    return sum
  }

  /// Makes the modified weights anew if those of the net have changed.
  private func modifyWeights() {
    guard revision != whole.revision else { return }
    for term in terms where term.plan.parameters.values !== whole.values {
      for parameter in term.plan.parameters.parameters {
        guard let original = whole.parameter(parameter.layer, parameter.spec.role) else { continue }
        let (from, to) = (whole.values[original.range], term.plan.parameters.values[parameter.range])
        let isLeftOut = parameter.spec.role == .biases && !term.rule.hasBiases
        for i in to.indices { to[i] = isLeftOut ? 0 : term.rule.weights?(from[i]) ?? from[i] }
      }
      term.plan.parameters.valuesChanged()
    }
    revision = whole.revision
  }
}

extension ScoreFunction {
  /// Hands relevance down from the output of the layer `top` to the input of the layer `bottom`, for the pictures of the last forward
  /// pass: by a rule through each layer with weights, to the greatest value of each window through max pooling, and unchanged through
  /// ReLU, dropout and local response normalisation.
  ///
  /// - Parameters:
  ///   - relevance: of the output of `top`.
  ///   - rule: gives the rule of a layer from its index.
  /// - Returns: the relevance, valid until the next call.
  func relevance(
    _ relevance: Tensor, from top: Int, to bottom: Int, images: Tensor, rule: (Int) -> RelevanceRule
  ) throws -> Tensor {
    var relevance = relevance
    for index in stride(from: top, through: bottom, by: -1) {
      let input = try index == 0 ? images : activations(of: network.layers[index - 1].name)
      switch network.layers[index].layer {
      case .relu, .dropout, .localResponseNormalization: continue
      case .maxPooling:
        let plan = try pooling(index)
        _ = plan.forward(input)
        plan.backward(from: relevance)
        relevance = plan.inputGradient
      case .convolution, .fullyConnected:
        relevance = try layer(index, rule(index)).handDown(relevance, input: input)
      }
    }
    return relevance
  }
}
