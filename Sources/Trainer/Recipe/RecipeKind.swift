import ConvNet

/// A recipe with a name, of which single options may then be changed.
public enum RecipeKind: String, Sendable, CaseIterable {
  /// That of the paper as far as it says, and of its time: SGD, a rate that falls when the error does, Gaussian weights.
  case paper
  /// One that starts to learn within some hundred updates: units that start centred on the first pictures, AdamW, a warm-up, clipped
  /// gradients. Measured with `cnn-f-64` on 200 classes; the same numbers for every network.
  case fast

  /// The options for a network, a preset's name or a path.
  public func recipe(network: String) -> Recipe {
    var recipe = Recipe()
    recipe.network = network
    if self == .paper { return recipe }
    recipe.optimizer = .adamw
    recipe.initialization = .centred
    recipe.learningRate = 0.0003
    recipe.adamBeta2 = 0.99
    recipe.biasRateFactor = 1
    recipe.weightDecay = 0.05
    recipe.clipNorm = 1
    recipe.batch = 64
    recipe.schedule = .cosine
    recipe.warmupEpochs = 0.03
    recipe.eraseProbability = 0
    return recipe
  }

  /// What the recipe does and why, as a sentence; nil for the paper's.
  public func reasons(_ recipe: Recipe) -> String? {
    if self == .paper { return nil }
    return
      "--recipe fast for \(recipe.network): \(recipe.initialization.rawValue) weights (what differs between pictures reaches every layer: "
      + "other starts stay at ln K for thousands of updates), \(recipe.optimizer.rawValue) at a rate of \(recipe.learningRate) (a step "
      + "per weight suits layers of any width), a warm-up of \(recipe.warmupEpochs) epochs and gradients of norm \(recipe.clipNorm) at "
      + "most (the first steps spoil nothing), batches of \(recipe.batch), schedule \(recipe.schedule.rawValue), weight decay "
      + "\(recipe.weightDecay), no erasing unless it is asked for. --recipe paper is the paper's"
  }
}
