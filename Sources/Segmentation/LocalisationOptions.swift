/// How a saliency map becomes a mask and a box. The defaults come from an ablation, see docs/localisation.md.
public struct LocalisationOptions: Sendable, Hashable {
  public enum Box: String, Sendable, CaseIterable {
    /// The box around the cut of §3.2.
    case graphcut
    /// The box around the pixels above a fraction of the map's maximum, as a comparison for the cut.
    case threshold
    /// A box in the centre, and the whole picture: baselines that don't use the map.
    case centre, whole
  }

  public enum Seeds: String, Sendable, CaseIterable {
    /// The pixels beyond the quantiles only define the colour models.
    case soft
    /// The cut can't change the pixels beyond the quantiles.
    case hard
  }

  public var box = Box.graphcut
  /// The shorter side of the picture when it is cut, in pixels **[ours]**: half of that of the paper's test pictures, which takes
  /// a quarter of the time and gives better boxes.
  public var cutSide = 128
  /// σ of a Gaussian blur of the map before anything else, in pixels of the cut picture; 0 for none.
  public var smoothing: Float = 6
  /// Pixels with a saliency above this quantile define the colour model of the object.
  public var foregroundQuantile = 0.95
  /// Pixels with a saliency below this quantile define the colour model of the background.
  public var backgroundQuantile = 0.3
  public var seeds = Seeds.soft
  /// The number of Gaussians in the model of the object, and in that of the background.
  public var components = 5
  /// The weight of the colour models; 0 leaves them out, 1 is GrabCut's.
  public var colourWeight: Float = 2
  /// The weight of the saliency itself at every pixel **[ours]**: × log(M / (threshold · max M)), limited to ±3. The paper's cut
  /// uses colours alone, which is a weight of 0.
  public var saliencyWeight: Float = 20
  /// The number of cuts, see `GraphCutSegmenter.rounds`.
  public var rounds = 1
  /// γ, the weight of edges between pixels of different labels.
  public var smoothness: Float = 50
  /// The fraction of the map's maximum above which a pixel belongs to the object, for `threshold` and `saliencyWeight`.
  public var threshold: Float = 0.3
  /// The fraction of the mask's pixels that may stay outside of the box on each side, see `PixelMask.rectangle`.
  public var trim = 0.0
  /// The side of the box in the centre, as a fraction of the picture's side.
  public var centreSide = 0.7
  /// How far each side of the box is moved towards that of the box in the centre **[ours]**: 0 not at all, 1 all the way.
  public var centrePull = 0.0

  public init() {}

  /// The reason why these options are impossible, in words; nil if they are possible.
  public var obstacle: String? {
    let limits: [(name: String, value: Double, range: ClosedRange<Double>)] = [
      ("cut side", Double(cutSide), 16...4096), ("smoothing", Double(smoothing), 0...100),
      ("foreground quantile", foregroundQuantile, 0...1), ("background quantile", backgroundQuantile, 0...1),
      ("components", Double(components), 1...32), ("colour weight", Double(colourWeight), 0...1000),
      ("saliency weight", Double(saliencyWeight), 0...1000), ("rounds", Double(rounds), 1...100),
      ("smoothness", Double(smoothness), 0...10000), ("threshold", Double(threshold), 0.001...1), ("trim", trim, 0...0.5),
      ("centre side", centreSide, 0.01...1), ("centre pull", centrePull, 0...1),
    ]
    for limit in limits where !limit.range.contains(limit.value) {
      return "\(limit.name) \(limit.value) isn't in \(limit.range.lowerBound) … \(limit.range.upperBound)"
    }
    let isBlind = colourWeight == 0 && saliencyWeight == 0 && seeds == .soft
    return box == .graphcut && isBlind ? "a cut needs colours, saliency or hard seeds" : nil
  }
}
