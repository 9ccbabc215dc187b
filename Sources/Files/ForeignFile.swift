import Foundation

/// What kind of file the first bytes show, if it isn't the expected kind. Every reader of other programs' files uses it for its
/// messages.
public struct ForeignFile: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case empty, lfsPointer, html, xml, hdf5, pytorch, keras, numpy, zip, pickle, safetensors, onnx, tflite, matlab5, matlab73
    case archive, picture, otherPicture, pdf, program, netText, solverText, json, text
  }

  public let kind: Kind
  /// The kind in words, with its article: `a pointer of Git LFS in place of the file`.
  public let what: String
  /// The way to get the expected file; nil if that is obvious.
  public let remedy: String?

  private init(_ kind: Kind, _ what: String, _ remedy: String? = nil) {
    (self.kind, self.what, self.remedy) = (kind, what, remedy)
  }

  /// The kind of the file and what to do, as the end of a sentence.
  public var sentence: String { what + (remedy.map { "; \($0)" } ?? "") }

  /// The number of bytes that are looked at.
  public static let prefix = 4096

  /// - Parameter start: The first bytes of the file: `prefix` of them, or all if it has fewer.
  /// - Returns: nil if no known kind begins with these bytes.
  public static func recognised(_ start: some Collection<UInt8>) -> ForeignFile? {
    let bytes = Array(start.prefix(prefix))
    if bytes.isEmpty { return ForeignFile(.empty, "an empty file", "copy or download it again") }
    return signed(bytes) ?? packed(bytes) ?? structured(bytes) ?? text(bytes)
  }

  /// - Returns: nil if the file can't be read, or no known kind begins with its bytes.
  public static func recognised(at path: String) -> ForeignFile? {
    guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? handle.close() }
    // FileHandle returns nil at the end of a file, so this file is empty.
    guard let start = try? handle.read(upToCount: prefix) else { return recognised([]) }
    return recognised(start)
  }

  // MARK: - By their first bytes

  private static func signed(_ bytes: [UInt8]) -> ForeignFile? {
    let archives: [(String, [UInt8])] = [
      ("a gzip archive", [0x1F, 0x8B]), ("a bzip2 archive", Array("BZh".utf8)),
      ("an xz archive", [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
      ("a Zstandard archive", [0x28, 0xB5, 0x2F, 0xFD]), ("a 7z archive", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
      ("a RAR archive", Array("Rar!".utf8)),
    ]
    if let (name, _) = archives.first(where: { bytes.starts(with: $0.1) }) {
      return ForeignFile(.archive, name, "unpack it first")
    }
    if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) {
      return ForeignFile(.archive, "a tar archive", "unpack it first")
    }
    let pictures: [(String, [UInt8])] = [
      ("a JPEG picture", [0xFF, 0xD8, 0xFF]), ("a PNG picture", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
    ]
    if let (name, _) = pictures.first(where: { bytes.starts(with: $0.1) }) { return ForeignFile(.picture, name) }
    if let name = otherPicture(bytes) { return ForeignFile(.otherPicture, name, "convert it to JPEG or PNG") }
    let others: [(Kind, String, String?, [UInt8])] = [
      (.hdf5, "an HDF5 file", nil, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]),
      (.matlab73, "a MATLAB 7.3 file", "save it in MATLAB with the flag -v7", Array("MATLAB 7.3".utf8)),
      (.matlab5, "a MATLAB 5.0 file", nil, Array("MATLAB 5.0".utf8)),
      (.numpy, "a NumPy array (.npy)", nil, [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]),
      (.pdf, "a PDF document", nil, Array("%PDF".utf8)),
      (.program, "a program", nil, [0x7F, 0x45, 0x4C, 0x46]),
    ]
    return others.first { bytes.starts(with: $0.3) }.map { ForeignFile($0.0, $0.1, $0.2) }
  }

  private static func otherPicture(_ bytes: [UInt8]) -> String? {
    let kinds: [(String, [UInt8])] = [
      ("a GIF picture", Array("GIF8".utf8)), ("a TIFF picture", [0x49, 0x49, 42, 0]), ("a TIFF picture", [0x4D, 0x4D, 0, 42]),
    ]
    if let (name, _) = kinds.first(where: { bytes.starts(with: $0.1) }) { return name }
    // These two letters alone could begin a text, so more bytes are compared.
    if bytes.starts(with: "BM".utf8), bytes.count > 10, bytes[6..<10].allSatisfy({ $0 == 0 }) { return "a BMP picture" }
    if bytes.starts(with: "RIFF".utf8), bytes.count > 11 {
      return bytes[8..<12].elementsEqual("WEBP".utf8) ? "a WebP picture" : "a RIFF file"
    }
    if bytes.count > 11, bytes[4..<8].elementsEqual("ftyp".utf8) { return "a HEIF picture or a film" }
    return nil
  }

  /// Tells apart the ZIP archives that several programs write.
  private static func packed(_ bytes: [UInt8]) -> ForeignFile? {
    guard bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) else { return nil }
    let names = String(decoding: bytes, as: UTF8.self)
    if names.contains("/data.pkl") || names.contains("/version") || names.contains("/byteorder") {
      return ForeignFile(.pytorch, "a checkpoint of PyTorch (.pt, .pth)", converted)
    }
    if names.contains("model.weights.h5") || names.contains("metadata.json") && names.contains("config.json") {
      return ForeignFile(.keras, "a network of Keras (.keras)", converted)
    }
    if names.contains(".npy") { return ForeignFile(.numpy, "arrays of NumPy (.npz)", converted) }
    return ForeignFile(.zip, "a ZIP archive", "unpack it first")
  }

  private static let converted = "weights come in as Caffe's .caffemodel or MatConvNet's .mat"

  /// Recognises formats without a signature by the bytes that they must have in certain places.
  private static func structured(_ bytes: [UInt8]) -> ForeignFile? {
    if bytes.count > 1, bytes[0] == 0x80, (2...5).contains(bytes[1]) {
      return ForeignFile(.pickle, "a Python pickle, as older PyTorch writes them (.pth, .pkl)", converted)
    }
    if bytes.count > 9, bytes[4..<8].allSatisfy({ $0 == 0 }), bytes[8] == UInt8(ascii: "{") {
      return ForeignFile(.safetensors, "a safetensors file", converted)
    }
    if bytes.count > 8, bytes[4..<8].elementsEqual("TFL3".utf8) {
      return ForeignFile(.tflite, "a network of TensorFlow Lite", converted)
    }
    // In ONNX's ModelProto, field 1 is the version of the format and field 2 the producer's name; in Caffe's NetParameter field 1
    // is a text.
    if bytes.count > 4, bytes[0] == 0x08, (1...0x20).contains(bytes[1]), bytes[2] == 0x12 {
      return ForeignFile(.onnx, "a network in ONNX", converted)
    }
    return nil
  }

  // MARK: - Texts

  private static func text(_ bytes: [UInt8]) -> ForeignFile? {
    // Accepts any encoding that includes ASCII.
    guard bytes.allSatisfy({ $0 >= 32 && $0 != 127 || (9...13).contains($0) }), bytes.count(where: { $0 < 128 }) * 2 > bytes.count
    else { return nil }
    let start = String(decoding: bytes, as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    let lower = start.lowercased()
    if lower.hasPrefix("version https://git-lfs.github.com/spec/") || lower.hasPrefix("version https://hawser.github.com/spec/") {
      return ForeignFile(
        .lfsPointer, "a pointer of Git LFS in place of the file", "fetch the file itself with `git lfs pull`, or download it")
    }
    if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") || lower.hasPrefix("<head") {
      return ForeignFile(
        .html, "an HTML page, as servers send in place of a file (an error, a log-in)", "download the file itself again")
    }
    if lower.hasPrefix("<") { return ForeignFile(.xml, "an XML text") }
    if lower.hasPrefix("{") || lower.hasPrefix("[") { return ForeignFile(.json, "a JSON text") }
    if lower.contains("base_lr:") || lower.contains("solver_mode:") {
      return ForeignFile(.solverText, "a text of Caffe's (solver.prototxt)", "give the .caffemodel with the weights")
    }
    if lower.contains("layer {") || lower.contains("layers {") || lower.contains("layer{") || lower.contains("layers{") {
      return ForeignFile(
        .netText, "a text that describes a network (.prototxt), without its weights", "give the .caffemodel that belongs to it")
    }
    return ForeignFile(.text, "a text")
  }
}
