import Checkpoint

/// How the pictures of a run that goes on differ from those that it was trained on before.
struct ChangedData {
  private let before: TrainingData?
  private let now: TrainingData

  /// - Parameter before: as the checkpoint says; nil of an older one, which doesn't.
  init(from before: TrainingData?, to now: TrainingData) {
    self.before = before
    self.now = now
  }

  /// What is different, in a few words each.
  var differences: [String] {
    guard let before else { return [] }
    return [
      Self.difference("training", (before.trainPictures, before.trainListing), (now.trainPictures, now.trainListing)),
      Self.difference(
        "validation", (before.validationPictures, before.validationListing), (now.validationPictures, now.validationListing)),
    ].compactMap { $0 }
  }

  private static func difference(
    _ split: String, _ before: (count: Int, listing: String), _ now: (count: Int, listing: String)
  ) -> String? {
    if before.count != now.count { return "\(before.count) → \(now.count) \(split) pictures" }
    return before.listing == now.listing ? nil : "other names or labels of the \(now.count) \(split) pictures"
  }

  /// Fits the progress to the pictures of now: the epochs done stay done, and errors that other pictures gave are forgotten.
  ///
  /// - Returns: what was changed, as sentences.
  func apply(to progress: inout TrainingProgress) -> [String] {
    defer { progress.data = now }
    guard let before else { return [] }
    var notes: [String] = []
    if before.trainPictures != now.trainPictures, before.trainPictures > 0 {
      let (epochs, rest) = progress.sample.quotientAndRemainder(dividingBy: before.trainPictures)
      progress.sample = epochs * now.trainPictures + rest * now.trainPictures / before.trainPictures
      notes.append(
        "\(before.trainPictures) → \(now.trainPictures) training pictures: the run goes on in epoch \(epochs + 1), at the same part of it"
      )
    } else if before.trainListing != now.trainListing {
      notes.append("the training pictures have changed: the run goes on with them at the same place")
    }
    if before.validationListing != now.validationListing {
      (progress.learningRate.bestError, progress.learningRate.plateauError) = (nil, nil)
      progress.learningRate.epochsSinceBest = 0
      notes.append(
        "the validation pictures have changed: their errors aren't compared with earlier ones, and the next epoch is the best so far"
      )
    }
    return notes
  }
}
