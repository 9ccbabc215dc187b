import ConvNet

/// A net whose layers are reset to random weights, one after the other or one alone. A map that doesn't change then says nothing
/// about what the net has learnt.
///
/// Source: Adebayo et al. 2018, *Sanity Checks for Saliency Maps*.
package final class RandomisedNetwork {
  /// The layers that are random.
  package struct Stage: Sendable, Hashable {
    package enum Kind: String, Sendable {
      /// This layer and all above it.
      case cascading
      /// This layer alone.
      case independent
    }
    package let kind: Kind
    package let layer: String
  }

  /// The parameters that plans read; `set` changes them.
  package let store: ParameterStore
  private let trained: ParameterStore
  private let random: ParameterStore
  /// The layers with parameters, from the top.
  private let layers: [String]

  package init(_ trained: ParameterStore, seed: UInt64) throws {
    self.trained = trained
    store = try ParameterStore(trained.network, training: false)
    random = try ParameterStore(trained.network, training: false)
    Initialization.gaussian.fill(random, seed: seed)
    layers = Self.layers(trained)
  }

  private static func layers(_ store: ParameterStore) -> [String] {
    store.network.layers.map(\.name).filter { !store.range(ofLayer: $0).isEmpty }.reversed()
  }

  /// All stages, cascading ones from the top first. The top layer alone isn't repeated: it is the first cascading stage.
  package static func stages(of store: ParameterStore) -> [Stage] {
    let layers = layers(store)
    return layers.map { Stage(kind: .cascading, layer: $0) } + layers.dropFirst().map { Stage(kind: .independent, layer: $0) }
  }

  /// Makes the layers of a stage random and resets all others to the trained values; nil restores the trained net.
  package func set(_ stage: Stage?) {
    let reached = stage.flatMap { layers.firstIndex(of: $0.layer) } ?? -1
    for (index, layer) in layers.enumerated() {
      let isRandom = stage.map { $0.kind == .cascading ? index <= reached : index == reached } ?? false
      let range = store.range(ofLayer: layer)
      _ = store.values[range].update(fromContentsOf: (isRandom ? random : trained).values[range])
    }
    store.valuesChanged()
  }
}
