import Cluster
import ConvNet
import Learning

extension PreparedData {
  /// The pictures that unit variance is measured on: enough for the deviation of a layer's outputs to a few per cent.
  private static let measured = 64

  /// Makes `Initialization.lsuv` or `.centred` of weights that are drawn: rank 0 measures on the first pictures of the run, as it trains on them, and all
  /// get its weights, so that the number of ranks doesn't count.
  ///
  /// - Note: collective
  func giveUnitVariance(
    to store: ParameterStore, of group: UnitVariance.Group, job: TrainingJob, communicator: Communicator,
    watch: (TrainingEvent) -> Void
  ) throws {
    try communicator.onFirst(.computing) {
      var job = job
      job.options.batch = min(Self.measured, set.train.count)
      let loader = try trainingLoader(
        job, fromSample: 0, parts: 1, rank: 0, ranks: 1,
        badFiles: BadFileReport(badFileLimit: job.options.badFileLimit, of: set.train.count))
      defer { loader.close() }
      guard let pictures = try loader.next() else { throw JobError("the loader of training pictures has ended") }
      var deviations: [String] = []
      try UnitVariance.apply(to: store, of: group, images: pictures.tensor, compute: job.compute) { layer, deviation in
        deviations.append("\(layer) \(Double(Int(deviation * 1000 + 0.5)) / 1000)")
      }
      watch(
        .note(
          "weights are orthogonal, and scaled so that the outputs of each \(group == .units ? "unit have mean 0 and" : "layer have") "
            + "deviation 1 on the first \(pictures.count) pictures; "
            + "before: \(deviations.joined(separator: ", "))"))
    }
    try communicator.broadcast(store.values.all)
    store.valuesChanged()
  }
}

extension Initialization {
  /// What has unit variance on the first pictures; nil if weights don't depend on pictures.
  var unitVariance: UnitVariance.Group? {
    switch self {
    case .gaussian, .he: nil
    case .lsuv: .layers
    case .centred: .units
    }
  }
}
