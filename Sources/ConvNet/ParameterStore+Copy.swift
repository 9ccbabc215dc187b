extension ParameterStore {
  /// Copies the values of another store of the same network, and what both keep.
  public func copy(from other: ParameterStore, team: ThreadTeam) {
    precondition(network == other.network, "the stores are of different networks")
    let kept = TrainingState.allCases.compactMap { kind in state[kind].flatMap { own in other.state[kind].map { (own, $0) } } }
    for (own, theirs) in [(values, other.values)] + kept {
      team.split(own.count, grain: 1024) { _, range in
        (own.pointer + range.lowerBound).update(from: theirs.pointer + range.lowerBound, count: range.count)
      }
    }
    valuesChanged()
  }

  /// The range of each layer that has parameters, from the last layer to the first: the order in which a backward pass finishes
  /// them.
  public var layerRanges: [Range<Int>] {
    network.layers.reversed().map { range(ofLayer: $0.name) }.filter { !$0.isEmpty }
  }

  /// The first parameter of which a value or something that the training keeps isn't a finite number; nil if there is none.
  public var firstNonFinite: Parameter? {
    parameters.first { parameter in ([values] + kept).contains { !$0.isFinite(parameter.range) } }
  }
}
