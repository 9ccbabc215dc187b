extension ParameterStore {
  /// Copies the values and the velocity of another store of the same network.
  public func copy(from other: ParameterStore, team: ThreadTeam) {
    precondition(network == other.network && velocity.count == other.velocity.count, "the stores are of different kinds")
    for (own, theirs) in [(values, other.values), (velocity, other.velocity)] {
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

  /// The first parameter with a value or a velocity that isn't a finite number; nil if there is none.
  public var firstNonFinite: Parameter? {
    parameters.first { !values.isFinite($0.range) || (velocity.count > 0 && !velocity.isFinite($0.range)) }
  }
}
