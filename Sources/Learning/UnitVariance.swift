import ConvNet

/// Weights that start orthogonal, and so long that the outputs of each layer for some pictures have variance 1, before the ReLU. Then
/// signals neither fade nor grow through the net, whatever lies between the layers (LRN and pooling too).
///
/// As `layers` this is layer-sequential unit variance: one factor per layer. One division by the deviation is enough, because biases
/// are 0 and outputs are proportional to the weights. As `units`, each unit has a factor and a bias of its own, so that its outputs have
/// mean 0 and variance 1: after some layers of ReLU all pictures give nearly the same activations, a common part that unit variance of
/// a whole layer keeps, while what differs between pictures fades.
///
/// The class scores get a deviation of 0.02 **[ours]**: then the first loss is ln K, and the first updates need not undo scores that mean
/// nothing.
///
/// Source: Mishkin and Matas, *All you need is a good init*, 2016, algorithm 1; Krähenbühl et al., *Data-dependent Initializations of
/// Convolutional Neural Networks*, 2016, section 3.1.
public enum UnitVariance {
  /// What has variance 1.
  public enum Group: Sendable { case layers, units }
  /// The deviation of the class scores.
  static let scoreDeviation = 0.02

  /// Changes the parameters of a store whose weights are random.
  ///
  /// - Parameters:
  ///   - images: `[N, 3, H, W]`, as `Plan.forward` takes them. The outputs are measured without dropout.
  ///   - measured: told each layer's name and the deviation of its outputs before they were scaled.
  /// - Throws: `MemoryError`, `BackendError` or `NetworkError` if a plan can't be made.
  public static func apply(
    to store: ParameterStore, of group: Group, images: Tensor, compute: ComputeSettings,
    measured: (_ layer: String, _ deviation: Double) -> Void = { _, _ in }
  ) throws {
    for (index, named) in store.network.layers.enumerated() {
      guard let weights = store.parameter(named.name, .weights), let biases = store.parameter(named.name, .biases) else {
        continue
      }
      let units = biases.range.count
      let row = weights.range.count / units
      OrthogonalRows.make(store.values[weights.range], rows: units, columns: row)
      store.valuesChanged()
      let plan = try Plan(
        store.part(0..<(index + 1)), batch: images.count, purpose: .inference, backend: compute.backend,
        convolution: compute.convolution,
        team: compute.team)
      let outputs = plan.forward(images)
      let whole = moments(of: outputs, channels: 0..<units)
      let target = index == store.network.layers.count - 1 ? scoreDeviation : 1
      measured(named.name, whole.deviation)
      for unit in 0..<units {
        let own = group == .units ? moments(of: outputs, channels: unit..<(unit + 1)) : whole
        // What is constant stays as it is.
        guard own.deviation > 0, own.deviation.isFinite else { continue }
        let start = weights.range.lowerBound + unit * row
        for i in start..<(start + row) { store.values.pointer[i] *= Float(target / own.deviation) }
        if group == .units { store.values.pointer[biases.range.lowerBound + unit] = Float(-target * own.mean / own.deviation) }
      }
      store.valuesChanged()
    }
  }

  /// Mean and deviation of some channels of outputs `[N, C, H, W]`.
  private static func moments(of outputs: Tensor, channels: Range<Int>) -> (mean: Double, deviation: Double) {
    let area = outputs.shape.height * outputs.shape.width
    let count = Double(outputs.count * channels.count * area)
    func sum(_ term: (Double) -> Double) -> Double {
      (0..<outputs.count).reduce(0) { total, picture in
        outputs[picture][(channels.lowerBound * area)..<(channels.upperBound * area)].reduce(total) { $0 + term(Double($1)) }
      }
    }
    let mean = sum { $0 } / count
    return (mean, (sum { ($0 - mean) * ($0 - mean) } / count).squareRoot())
  }
}
