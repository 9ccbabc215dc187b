/// Maps of numbers in 0 … 1 to colours.
public enum ColourMap: String, Sendable, Codable, CaseIterable {
  /// Black to white.
  case grey
  /// Black, purple, orange, pale yellow: perceptually even, and steadily lighter.
  ///
  /// Source: *inferno* of matplotlib (N. J. Smith, S. van der Walt, E. Firing), CC0: 64 of its 256 entries, interpolated; the
  /// largest difference from the full table is 0.9 of 255.
  case inferno

  /// The colour of `value`. Values below 0 and NaN get the colour of 0, values above 1 that of 1.
  public func colour(at value: Float) -> SIMD3<UInt8> {
    let value = value > 0 ? min(value, 1) : 0
    switch self {
    case .grey: return SIMD3(repeating: UInt8(value * 255 + 0.5))
    case .inferno:
      let place = value * Float(Self.infernoTable.count - 1)
      let lower = min(Int(place), Self.infernoTable.count - 2)
      let (from, to) = (Self.rgb(Self.infernoTable[lower]), Self.rgb(Self.infernoTable[lower + 1]))
      let mixed = from + (to - from) * (place - Float(lower)) + 0.5
      return SIMD3(UInt8(mixed.x), UInt8(mixed.y), UInt8(mixed.z))
    }
  }

  /// A picture of a field of numbers.
  ///
  /// - Parameter values: [height, width], 0 … 1. Values below 0 and NaN are shown as 0, values above 1 as 1.
  public func picture(of values: [Float], width: Int, height: Int) -> Picture {
    precondition(values.count == width * height, "\(values.count) values for \(width)×\(height)")
    // 1024 steps are finer than 8-bit colours can show.
    let steps = (0...1023).map { colour(at: Float($0) / 1023) }
    return Picture(width: width, height: height) { target in
      for (index, value) in values.enumerated() {
        let colour = steps[value > 0 ? Int(min(value, 1) * 1023 + 0.5) : 0]
        for channel in 0..<3 { target[index * 3 + channel] = colour[channel] }
      }
    }
  }

  private static func rgb(_ hex: UInt32) -> SIMD3<Float> {
    SIMD3(Float(hex >> 16), Float(hex >> 8 & 255), Float(hex & 255))
  }

  /// The colours 0xRRGGBB of 0, 1/63 … 1.
  private static let infernoTable: [UInt32] = [
    0x000004, 0x02010A, 0x040313, 0x07051B, 0x0B0724, 0x10092E, 0x150B38, 0x1B0C41,
    0x220C4B, 0x280B54, 0x300A5B, 0x370961, 0x3E0966, 0x450A69, 0x4B0C6B, 0x520E6D,
    0x58106E, 0x5F136E, 0x65156E, 0x6C186E, 0x721A6E, 0x781C6D, 0x7F1E6C, 0x85216B,
    0x8C2369, 0x922568, 0x992865, 0x9F2A63, 0xA52D60, 0xAC2F5D, 0xB2325A, 0xB83557,
    0xBE3853, 0xC43C4F, 0xC9404B, 0xCF4446, 0xD44842, 0xD94D3D, 0xDD5239, 0xE25734,
    0xE65D2F, 0xEA632A, 0xED6925, 0xF06F20, 0xF3761B, 0xF57D15, 0xF78410, 0xF98B0B,
    0xFA9207, 0xFB9A06, 0xFCA108, 0xFCA90E, 0xFCB115, 0xFBB91E, 0xFAC127, 0xF9C931,
    0xF7D13C, 0xF6D948, 0xF4E055, 0xF2E864, 0xF1EF74, 0xF3F585, 0xF6FA96, 0xFCFFA4,
  ]
}
