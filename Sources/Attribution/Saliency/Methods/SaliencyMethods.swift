import ConvNet

/// The options of all methods; nil stands for the method's default.
public struct SaliencyMethodOptions: Sendable {
  /// SmoothGrad: the number of noisy copies of a picture.
  public var samples: Int?
  /// SmoothGrad: the deviation of the noise, relative to the picture's range of values.
  public var noise: Float?
  /// SmoothGrad: the method whose attributions are averaged.
  public var base: String?
  /// SmoothGrad: the seed of the noise.
  public var seed: UInt64?
  /// Integrated gradients: the number of points on the path.
  public var steps: Int?
  /// Grad-CAM: a layer whose units have positions.
  public var layer: String?
  /// Occlusion: the side of the covered square, in pixels.
  public var window: Int?
  /// Occlusion: the distance from one square to the next, in pixels.
  public var stride: Int?

  public init() {}

  /// The names of the options that are set.
  var given: [String] {
    let all: [(String, Bool)] = [
      ("samples", samples != nil), ("noise", noise != nil), ("base", base != nil), ("seed", seed != nil),
      ("steps", steps != nil), ("layer", layer != nil), ("window", window != nil), ("stride", stride != nil),
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
    let make: @Sendable (SaliencyMethodOptions, Network) throws -> any SaliencyMethod
  }

  static let all: [Entry] = [
    Entry(name: "gradient") { _, _ in Backpropagation(rule: .gradient) },
    Entry(name: "deconvnet") { _, _ in Backpropagation(rule: .deconvnet) },
    Entry(name: "guided") { _, _ in Backpropagation(rule: .guided) },
    Entry(name: "smoothgrad", options: ["samples", "noise", "base", "seed"], make: SmoothGrad.init),
    Entry(name: "integrated-gradients", options: ["steps"], make: IntegratedGradients.init),
    Entry(name: "gradient-x-input") { _, _ in GradientTimesInput() },
    Entry(name: "grad-cam", options: ["layer"], make: GradCAM.init),
    Entry(name: "occlusion", options: ["window", "stride"], make: Occlusion.init),
  ]

  public static var names: [String] { all.map(\.name) }

  /// Makes the method of that name.
  ///
  /// - Throws: `AttributionError` for an unknown name, an option that isn't the method's, or a value that makes no sense.
  public static func make(
    _ name: String, _ options: SaliencyMethodOptions = SaliencyMethodOptions(), for network: Network
  ) throws -> any SaliencyMethod {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw AttributionError("there is no method '\(name)'; there are \(names.joined(separator: ", "))")
    }
    // The method that SmoothGrad averages may have options of its own.
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
