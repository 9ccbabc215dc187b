import ConvNet

/// The options of all methods; nil stands for the method's default.
public struct SaliencyMethodOptions: Sendable {
  /// SmoothGrad, VarGrad, SquareGrad: the number of noisy copies of a picture; RISE: the number of masks.
  public var samples: Int?
  /// SmoothGrad, VarGrad, SquareGrad: the deviation of the noise, relative to the picture's range of values.
  public var noise: Float?
  /// SmoothGrad, VarGrad, SquareGrad: the method whose attributions are taken.
  public var base: String?
  /// SmoothGrad, VarGrad, SquareGrad, RISE: the seed of the noise or the masks.
  public var seed: UInt64?
  /// Integrated gradients: the number of points on the path; extremal perturbation: the number of steps.
  public var steps: Int?
  /// Class activation maps: a layer whose units have positions.
  public var layer: String?
  /// Occlusion: the side of the covered square, in pixels.
  public var window: Int?
  /// Occlusion: the distance from one square to the next, in pixels.
  public var stride: Int?
  /// Extremal perturbation: the part of the picture that is kept.
  public var area: Float?
  /// LRP: the mean picture that is subtracted from every picture, `[3, H, W]`, RGB 0–255; nil stands for grey. It isn't a user's option.
  public var mean: [Float]?

  public init() {}

  /// The names of the options that are set.
  var given: [String] {
    let all: [(String, Bool)] = [
      ("samples", samples != nil), ("noise", noise != nil), ("base", base != nil), ("seed", seed != nil),
      ("steps", steps != nil), ("layer", layer != nil), ("window", window != nil), ("stride", stride != nil),
      ("area", area != nil),
    ]
    return all.filter(\.1).map(\.0)
  }
}

/// The list of methods. A new method is a file in this folder and a line here.
public enum SaliencyMethods {
  struct Entry: Sendable {
    let name: String
    /// The names of the options that the method takes.
    var options: Set<String> = []
    /// True if a map takes hundreds of passes or more by default.
    var isCostly = false
    let make: @Sendable (SaliencyMethodOptions, Network) throws -> any SaliencyMethod
  }

  private static let noisy: Set = ["samples", "noise", "base", "seed"]

  static let all: [Entry] = [
    Entry(name: "gradient") { _, _ in Backpropagation(rule: .gradient) },
    Entry(name: "deconvnet") { _, _ in Backpropagation(rule: .deconvnet) },
    Entry(name: "guided") { _, _ in Backpropagation(rule: .guided) },
    Entry(name: "smoothgrad", options: noisy, make: NoisyCopies.smoothGrad),
    Entry(name: "vargrad", options: noisy, make: NoisyCopies.varGrad),
    Entry(name: "squaregrad", options: noisy, make: NoisyCopies.squareGrad),
    Entry(name: "integrated-gradients", options: ["steps"], make: IntegratedGradients.init),
    Entry(name: "gradient-x-input") { _, _ in GradientTimesInput() },
    Entry(name: "grad-cam", options: ["layer"], make: ClassActivationMap.gradCAM),
    Entry(name: "grad-cam++", options: ["layer"], make: ClassActivationMap.gradCAMPlusPlus),
    Entry(name: "hires-cam", options: ["layer"], make: ClassActivationMap.hiResCAM),
    Entry(name: "layer-cam", options: ["layer"], make: ClassActivationMap.layerCAM),
    Entry(name: "guided-grad-cam", options: ["layer"], make: GuidedGradCAM.init),
    Entry(name: "occlusion", options: ["window", "stride"], make: Occlusion.init),
    Entry(name: "rise", options: ["samples", "seed"], isCostly: true, make: RISE.init),
    Entry(name: "lrp", make: LRP.init),
    Entry(name: "contrastive-excitation", options: ["layer"], make: ContrastiveExcitation.init),
    Entry(name: "extremal-perturbation", options: ["area", "steps"], isCostly: true, make: ExtremalPerturbation.init),
  ]

  public static var names: [String] { all.map(\.name) }
  /// The names of the methods that take hundreds of passes or more per picture, and of the others.
  public static var costly: [String] { all.filter(\.isCostly).map(\.name) }
  public static var affordable: [String] { all.filter { !$0.isCostly }.map(\.name) }

  /// Makes the method of that name.
  ///
  /// - Throws: `AttributionError` for an unknown name, an option that isn't the method's, or a value that makes no sense.
  public static func make(
    _ name: String, _ options: SaliencyMethodOptions = SaliencyMethodOptions(), for network: Network
  ) throws -> any SaliencyMethod {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw AttributionError("there is no method '\(name)'; there are \(names.joined(separator: ", "))")
    }
    // The method whose noisy copies are taken may have options of its own.
    var taken = entry.options
    if let base = options.base, taken.contains("base") { taken.formUnion(all.first { $0.name == base }?.options ?? []) }
    if let other = options.given.first(where: { !taken.contains($0) }) {
      throw AttributionError("--\(other) isn't an option of the method \(name)")
    }
    return try entry.make(options, network)
  }

  /// The value, or the default if it is nil.
  /// - Throws: `AttributionError` if the value isn't in the range.
  static func checked<Value: Comparable>(
    _ name: String, _ value: Value?, default standard: Value, in range: ClosedRange<Value>
  ) throws(AttributionError) -> Value {
    let value = value ?? standard
    guard range.contains(value) else {
      throw AttributionError("--\(name) \(value): expected \(range.lowerBound) … \(range.upperBound)")
    }
    return value
  }
}
