/// The time that one layer took in one kind of pass, summed over all calls since timing was turned on.
public struct LayerTime: Sendable, Hashable {
  public enum Pass: String, Sendable, Hashable, CaseIterable {
    case forward
    /// Back-propagation to the layer's input.
    case inputGradient
    /// Back-propagation to the layer's own parameters.
    case parameterGradient
    /// Conversion of the parameters to the backend's layouts after an update.
    case packing
  }

  public let layer: String
  public let pass: Pass
  public internal(set) var seconds: Double
  /// Multiply-adds of the textbook algorithm for the plan's whole batch; Winograd needs fewer.
  public internal(set) var multiplyAdds: Int
}
