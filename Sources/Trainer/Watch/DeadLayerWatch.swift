import ConvNet

/// Notices layers that are dead: every activation at most 0 for every picture, so that nothing gets through their ReLU.
///
/// With all of a ReLU's gates closed the gradients of its layer's biases, sums over the pictures of all ranks, are exactly 0; so
/// are those of all layers below, and the last such layer is the dead one. So a look at a few thousand sums is enough.
struct DeadLayerWatch {
  /// Updates in a row in which a layer must be dead.
  static let window = 100

  /// The biases of the layers that a ReLU follows, from the last layer to the first.
  private let biases: [Parameter]
  private var suspect: String?
  private var count = 0

  init(_ store: ParameterStore) {
    let layers = store.network.layers
    biases = layers.indices.dropLast().reversed().filter { layers[$0 + 1].layer == .relu(ReLU()) }
      .compactMap { store.parameter(layers[$0].name, .biases) }
  }

  /// Takes in the gradients of a global batch.
  /// - Returns: a warning if a layer has been dead for a window of updates, or nil.
  mutating func add(_ gradients: FlatBuffer) -> String? {
    let dead = biases.first { gradients[$0.range].allSatisfy { $0 == 0 } }?.layer
    count = dead != nil && dead == suspect ? count + 1 : 1
    suspect = dead
    guard let dead, count == Self.window else { return nil }
    return
      "layer \(dead) is dead: all its activations were 0 for all pictures of the last \(Self.window) updates, and nothing below it "
      + "learns. Go back to a checkpoint from before, or start anew, with a lower --learning-rate or --warmup-epochs 1"
  }
}
