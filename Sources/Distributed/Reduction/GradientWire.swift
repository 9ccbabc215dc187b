/// In what form gradients travel between ranks.
public enum GradientWire: String, Sendable, Codable, CaseIterable {
  case float32
  /// Half of the bytes; each gradient is rounded to 8 bits twice, and summed in float32.
  case bfloat16

  /// How sums are formed with it.
  public var reduction: GradientReduction { self == .float32 ? .float32 : .bfloat16 }
  /// The bytes of one value.
  package var bytes: Int { self == .float32 ? 4 : 2 }
}
