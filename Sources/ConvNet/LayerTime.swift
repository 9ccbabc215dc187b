/// How long one layer took in one kind of pass, summed over the calls since timing began.
public struct LayerTime: Sendable, Hashable {
  public enum Pass: String, Sendable, Hashable, CaseIterable {
    case forward
    /// Back-propagation through the layer.
    case inputGradient
    /// Gradients of the layer's own parameters.
    case parameterGradient
    /// Parameters brought into the backend's layouts after an update.
    case packing
  }

  public let layer: String
  public let pass: Pass
  public internal(set) var seconds: Double
  /// Of the textbook algorithm, over the plan's whole batch: Winograd does with fewer.
  public internal(set) var multiplyAdds: Int
}
