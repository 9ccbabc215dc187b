/// The facts about a picture file that its first bytes state, before any pixel is decoded.
public struct PictureFacts: Sendable, Equatable {
  public enum Format: String, Sendable { case jpeg, png }

  public let format: Format
  /// The size of the upright picture.
  public let size: PictureSize
  public var orientation = Orientation.upright
  /// The number of colour components: 1 (grey), 3 or 4; 3 for a PNG with a palette.
  public let components: Int
  /// The number of bits per sample: 8 for JPEG, 1 … 16 for PNG.
  public var bits = 8
  /// True if pixels may be transparent, which PNG's colour types 4 and 6 and the chunk tRNS allow.
  public var hasAlpha = false

  /// True if the four components are inks: CMYK or YCCK.
  public var isCMYK: Bool { format == .jpeg && components == 4 }

  /// - Returns: nil if the bytes are neither JPEG nor PNG, or end before these facts.
  /// Source: ITU-T T.81 annex B; PNG (ISO/IEC 15948), 11.2.2 IHDR.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0xFF, 0xD8]) {
      guard let header = try? JPEGHeader(bytes) else { return nil }
      let swaps = header.orientation.swapsSides
      format = .jpeg
      size = PictureSize(width: swaps ? header.height : header.width, height: swaps ? header.width : header.height)
      orientation = header.orientation
      components = header.components
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), bytes.count >= 26 {
      func number(at offset: Int) -> Int { bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) } }
      format = .png
      orientation = pngOrientation(bytes)
      let swaps = orientation.swapsSides
      size = PictureSize(width: number(at: swaps ? 20 : 16), height: number(at: swaps ? 16 : 20))
      bits = Int(bytes[24])
      hasAlpha = bytes[25] == 4 || bytes[25] == 6 || pngChunk("tRNS", in: bytes) != nil
      components = bytes[25] == 0 || bytes[25] == 4 ? 1 : 3
    } else {
      return nil
    }
  }

  /// The format that a file's name claims; nil if its ending is neither one of JPEG nor of PNG.
  public static func format(named name: String) -> Format? {
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[name.index(after: dot)...].lowercased() {
    case "jpg", "jpeg", "jpe", "jfif": return .jpeg
    case "png": return .png
    default: return nil
    }
  }
}
