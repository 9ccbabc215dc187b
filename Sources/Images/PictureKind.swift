import Files
import Foundation

/// The kinds of picture files, which are recognised by their first bytes and never by their names.
public enum PictureKind: String, Sendable, CaseIterable {
  case jpeg = "JPEG"
  case png = "PNG"
  // Kinds that are recognised, but can't be decoded here.
  case gif = "GIF", bmp = "BMP", tiff = "TIFF", webp = "WebP", heic = "HEIC", avif = "AVIF"
  case jpeg2000 = "JPEG 2000", jpegXL = "JPEG XL", photoshop = "Photoshop", icon = "icon", netpbm = "Netpbm", openEXR = "OpenEXR"

  /// True if its pixels can be decoded here.
  public var isReadable: Bool { self == .jpeg || self == .png }

  /// The number of first bytes of a file that show its kind.
  public static let headBytes = 32

  /// - Parameter head: The first bytes of a file: `headBytes`, or all if it has fewer.
  /// - Returns: nil if the file is no picture.
  public init?(_ head: some Collection<UInt8>) {
    let head = Array(head.prefix(Self.headBytes))
    func starts(_ bytes: [UInt8], at offset: Int = 0) -> Bool { head.dropFirst(offset).starts(with: bytes) }
    func says(_ text: String, at offset: Int = 0) -> Bool { starts(Array(text.utf8), at: offset) }
    // Source: ISO/IEC 14496-12, 4.3: a box of type ftyp and its main brand.
    let brand = says("ftyp", at: 4) && head.count >= 12 ? String(decoding: head[8..<12], as: UTF8.self) : nil
    if starts([0xFF, 0xD8]) {
      self = .jpeg
    } else if starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if says("GIF87a") || says("GIF89a") {
      self = .gif
    } else if says("BM"), head.count >= 10, head[6..<10].allSatisfy({ $0 == 0 }) {
      self = .bmp
    } else if starts([0x49, 0x49, 42, 0]) || starts([0x4D, 0x4D, 0, 42]) || starts([0x49, 0x49, 43, 0])
      || starts([0x4D, 0x4D, 0, 43])
    {
      self = .tiff
    } else if says("RIFF"), says("WEBP", at: 8) {
      self = .webp
    } else if let brand, brand.hasPrefix("avi") {
      self = .avif
    } else if let brand, ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"].contains(brand) {
      self = .heic
    } else if starts([0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20]) || starts([0xFF, 0x4F, 0xFF, 0x51]) {
      self = .jpeg2000
    } else if starts([0xFF, 0x0A]) || starts([0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20]) {
      self = .jpegXL
    } else if says("8BPS") {
      self = .photoshop
    } else if starts([0, 0, 1, 0]) || starts([0, 0, 2, 0]) {
      self = .icon
    } else if let first = head.first, first == UInt8(ascii: "P"), head.count > 2, (0x31...0x37).contains(head[1]), head[2] <= 32 {
      self = .netpbm
    } else if starts([0x76, 0x2F, 0x31, 0x01]) {
      self = .openEXR
    } else {
      return nil
    }
  }

  /// The endings of picture files' names: files with such names are taken as pictures without reading them.
  static let endings: Set = [
    "jpg", "jpeg", "jpe", "jfif", "jif", "png", "gif", "bmp", "dib", "tif", "tiff", "webp", "heic", "heif", "avif", "jp2", "j2k",
    "jxl", "psd", "ppm", "pgm", "pbm", "exr",
  ]

  /// True if the name has the ending of a picture file.
  public static func isNamedLikePicture(_ name: FileName) -> Bool { endings.contains(name.ending) }

  /// The result of looking at a file's first bytes.
  public enum Look: Sendable, Hashable {
    case picture(PictureKind)
    case noPicture
    /// The file is empty, or can't be read: reading it later will tell what is wrong.
    case unknown
  }

  /// Looks at a file's first bytes. It never waits for a pipe.
  public static func look(at path: FileName) -> Look {
    do {
      if let member = try ArchivedFile(path) { return try look(at: member) }
    } catch { return .unknown }
    let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { return .unknown }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .unknown }
    var head = [UInt8](repeating: 0, count: headBytes)
    let count = head.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return .unknown }
    return PictureKind(head.prefix(count)).map(Look.picture) ?? .noPicture
  }

  private static func look(at member: ArchivedFile) throws(FileError) -> Look {
    let head = try member.head(headBytes)
    return head.isEmpty ? .unknown : PictureKind(head).map(Look.picture) ?? .noPicture
  }
}
