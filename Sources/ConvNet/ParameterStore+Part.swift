/// Parts of a network that share its parameters' memory, for ranks that each compute a part of the net.
///
///     let features = store.part(0..<15)                      conv1 … pool5, and all their parameters
///     let fc6 = store.part(15..<18, outputs: 0..<2048)       fc6, its ReLU and its dropout: the first half of the units
///
/// Rows of `[out, in]` follow each other in memory, so some outputs of a fully connected layer are one range of its weights and
/// one range of its biases. Nothing is copied, and pages of velocity and gradients that are never touched take no memory.
extension ParameterStore {
  /// Makes a network of consecutive layers, in this store's memory.
  ///
  /// A change of values through a part counts as a change of the whole store too (`revision`).
  /// - Parameters:
  ///   - layers: the indices of the layers.
  ///   - outputs: the outputs of the first layer that belong to the part, all by default. Some of them are possible only if the
  ///     first layer is fully connected and the layers after it keep its units apart.
  public func part(_ layers: Range<Int>, outputs: Range<Int>? = nil) throws(NetworkError) -> ParameterStore {
    var named = Array(network.layers[layers])
    var input = network.shapes[layers.lowerBound]
    if let outputs, let first = named.first {
      guard case .fullyConnected(let whole) = first.layer, outputs.upperBound <= whole.outputs,
        named.dropFirst().allSatisfy({ $0.layer.layer.worksInPlace })
      else { preconditionFailure("\(first.name) … has no outputs \(outputs) of its own") }
      named[0] = Network.NamedLayer(name: first.name, layer: .fullyConnected(FullyConnected(outputs: outputs.count)))
      input = Shape(channels: input.count)
    }
    let own = try Network(name: "\(network.name), \(named[0].name) …", input: input, layers: named)
    var parameters: [Parameter] = []
    for (layer, shape) in zip(own.layers, own.shapes) {
      for spec in layer.layer.layer.parameters(for: shape) {
        guard let whole = parameter(layer.name, spec.role) else { preconditionFailure("\(layer.name) has no \(spec.role)") }
        let row = spec.shape.dropFirst().reduce(1, *)
        let start = whole.range.lowerBound + row * (outputs?.lowerBound ?? 0)
        parameters.append(Parameter(layer: layer.name, spec: spec, range: start..<(start + spec.count)))
      }
    }
    return ParameterStore(
      own, parameters, of: self, firstLayer: firstLayer + layers.lowerBound, firstUnit: outputs?.lowerBound ?? 0)
  }

  /// The same layers with a share of each layer's weights and with all biases. It is for ranks that each update a share
  /// (`Optimizer.update`), not for plans.
  ///
  /// - Parameter share: gives the share of that many weights.
  public func share(ofWeights share: (_ count: Int) -> Range<Int>) -> ParameterStore {
    let owned = parameters.map { parameter in
      guard parameter.spec.role == .weights else { return parameter }
      let (own, start) = (share(parameter.range.count), parameter.range.lowerBound)
      return Parameter(layer: parameter.layer, spec: parameter.spec, range: (start + own.lowerBound)..<(start + own.upperBound))
    }
    return ParameterStore(network, owned, of: self, firstLayer: firstLayer, firstUnit: firstUnit)
  }
}

extension Network {
  /// The two kinds of parts that the chain divides into: the layers below the first fully connected one, and each fully connected
  /// layer with the ReLU and dropout that follow it. Nil if the chain isn't built like that.
  public var classifierParts: (features: Range<Int>, fullyConnected: [Range<Int>])? {
    let starts = layers.indices.filter { if case .fullyConnected = layers[$0].layer { true } else { false } }
    guard let first = starts.first, first > 0 else { return nil }
    let parts = zip(starts, starts.dropFirst() + [layers.count]).map { $0..<$1 }
    let areAlone = parts.allSatisfy { part in layers[part].dropFirst().allSatisfy { $0.layer.layer.worksInPlace } }
    return areAlone ? (0..<first, parts) : nil
  }
}
