import ConvNet

/// A layer of another program's network with its parameters in deepinside's layouts.
struct ImportedLayer {
  let name: String
  let layer: AnyLayer
  /// `[out, in, kh, kw]`, RGB; fully connected `[out, in]`, inputs in C, H, W order. Empty for layers without parameters.
  var weights: [Float] = []
  /// The biases, `[out]`.
  var biases: [Float] = []
}

/// A network as a file of another program states it.
struct ImportedNetwork {
  var name: String
  var layers: [ImportedLayer]
  /// The side of the square input; nil if the file doesn't state it.
  var side: Int?
  /// The mean picture that the net was trained with, if the file names one and doesn't hold it; else nil.
  var meanFile: String?
  /// The mean, RGB 0–255; nil if the file has none.
  var mean: (values: [Float], shape: Shape)?
  /// The synset ids; empty if the file doesn't state them.
  var classes: [String] = []
  var classNames: [String] = []
  /// Facts for the user.
  var notes: [String] = []
}

extension ImportedNetwork {
  /// Applies the changes that the net's data layer makes to pixels. Its scale goes into the first layer's weights, because in
  /// this program pixels enter every network unscaled: (x − mean) · scale · w = (x − mean) · (scale · w), and zeros of the
  /// padding stay zeros.
  mutating func apply(_ transform: CaffeTransform) {
    side = transform.crop ?? side
    meanFile = transform.meanFile
    if let colour = transform.meanColour { mean = (colour, Shape(channels: 3)) }
    guard transform.scale != 1, !layers.isEmpty else { return }
    layers[0].weights = layers[0].weights.map { $0 * transform.scale }
    notes.append("the net takes pixels times \(transform.scale): the factor is in the weights of \(layers[0].name) now")
  }

  /// The description of the network.
  /// - Throws: `InterchangeError` if no input fits the parameters, or it isn't clear which one does.
  func network(path: String, side given: Int?) throws(InterchangeError) -> Network {
    if let side = given ?? side {
      let network = try description(side, path)
      if let problem = mismatch(with: network) {
        let own = given != nil && self.side != given ? self.side.map { " (its file says \($0))" } ?? "" : ""
        throw .badData(path, "with an input of \(side) pixels\(own), \(problem); give --crop")
      }
      return network
    }
    // The file doesn't state its input's size. The fully connected layers show it, though not exactly; 224 pixels are usual in
    // the field.
    if let network = try? description(224, path), mismatch(with: network) == nil { return network }
    let fitting = (8...1024).filter { side in
      (try? description(side, path)).map { mismatch(with: $0) == nil } ?? false
    }
    // Throws the error that occurs at any size.
    if fitting.isEmpty { _ = try description(224, path) }
    guard let first = fitting.first, fitting.count == 1 else {
      let reason =
        fitting.isEmpty
        ? "no square input fits its layers" : "inputs of \(fitting[0]) to \(fitting[fitting.count - 1]) pixels fit its layers"
      throw .badData(path, "\(reason), and the file doesn't say the size; give --crop")
    }
    return try description(first, path)
  }

  private func description(_ side: Int, _ path: String) throws(InterchangeError) -> Network {
    do throws(NetworkError) {
      let network = try Network(
        name: name, input: Shape(channels: 3, height: side, width: side),
        layers: layers.map { .init(name: $0.name, layer: $0.layer) })
      return try network.isPaperNet ? Network(name: Preset.cnnF.rawValue, input: network.input, layers: network.layers) : network
    } catch {
      throw .badData(path, error.description)
    }
  }

  /// The first layer with another number of parameters than the description asks for, as a sentence; nil if there is none.
  private func mismatch(with network: Network) -> String? {
    for (layer, input) in zip(layers, network.shapes) {
      let specs = layer.layer.layer.parameters(for: input)
      for (spec, found) in zip(specs, [layer.weights.count, layer.biases.count]) where spec.count != found {
        return "\(layer.name) has \(found) \(spec.role.rawValue), expected \(spec.shape)"
      }
    }
    return nil
  }

  /// The parameters in a new store.
  func store(of network: Network) throws(InterchangeError) -> ParameterStore {
    let store: ParameterStore
    do {
      store = try ParameterStore(network, training: false)
    } catch {
      throw InterchangeError(.system, "\(error)")
    }
    for layer in layers {
      for (role, values) in [(ParameterSpec.Role.weights, layer.weights), (.biases, layer.biases)] {
        guard let parameter = store.parameter(layer.name, role) else { continue }
        _ = store.values[parameter.range].update(fromContentsOf: values)
      }
    }
    store.valuesChanged()
    return store
  }
}

extension Network {
  /// True if the chain is that of the preset cnn-f for the same number of classes, apart from names, from dropout, which
  /// published files leave out, and from rounding: 5e-4 / 5 differs from 1e-4 in its last bits.
  var isPaperNet: Bool {
    guard let paper = try? Preset.cnnF.network(classes: classCount), input == paper.input else { return false }
    func chain(_ network: Network) -> [AnyLayer] {
      network.layers.compactMap { named -> AnyLayer? in
        switch named.layer {
        case .dropout: nil
        case .localResponseNormalization(let own):
          .localResponseNormalization(
            .init(size: own.size, k: own.k, alpha: (own.alpha * 1e8).rounded() / 1e8, beta: own.beta))
        default: named.layer
        }
      }
    }
    return chain(self) == chain(paper)
  }
}
