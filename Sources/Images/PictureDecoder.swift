import CTurboJPEG
import Files
import Foundation

/// Decodes JPEG and PNG files to RGB pictures. The content decides the kind, never the name.
///
/// A decoder owns a TurboJPEG handle and a file buffer, so that a thread that decodes many pictures makes them only once. Only
/// one thread at a time may use it: make one decoder per thread.
///
/// JPEG: baseline and progressive, any chroma subsampling, grey, YCbCr, RGB, CMYK and YCCK (inverted if Adobe's marker says so; R
/// = (255 − C)·(255 − K) / 255), turned upright according to its EXIF orientation. Colour profiles are not applied. PNG: every
/// kind, transparency composited on white in linear light, turned upright according to its eXIf chunk.
public final class PictureDecoder {
  /// The most pixels that a file may declare; a file with more is refused before memory is allocated.
  public static let maximumPixels = 1 << 28
  /// The most bytes that a file may have, 1 GiB; a file with more is refused before memory is allocated.
  public static let maximumBytes = 1 << 30

  private let handle: tjhandle
  private var file = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var inks: [UInt8] = []

  public init() throws(ImageError) {
    guard let handle = tjInitDecompress() else {
      throw ImageError(.undecodable, "cannot make a JPEG decoder: \(String(cString: tjGetErrorStr2(nil)))")
    }
    self.handle = handle
  }

  deinit {
    tjDestroy(handle)
    file.deallocate()
  }

  /// Decodes the file at `path`.
  ///
  /// - Parameter minimumShorterSide: If given, a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size (from its frequencies, which
  ///   is faster and antialiased), as long as its shorter side keeps at least so many pixels. The picture's size then differs
  ///   from the file's: this is for pictures that are resized afterwards.
  /// - Throws: `ImageError` if the file can't be read, is empty, is neither JPEG nor PNG, is damaged or truncated.
  public func decode(contentsOf path: FileName, minimumShorterSide: Int? = nil) throws(ImageError) -> Picture {
    try decode(try contents(of: path), name: path.written, minimumShorterSide: minimumShorterSide)
  }

  /// Decodes the file at `path`, which is the file's name itself and not its text form `FileName.written`.
  public func decode(contentsOf path: String, minimumShorterSide: Int? = nil) throws(ImageError) -> Picture {
    try decode(contentsOf: FileName(path), minimumShorterSide: minimumShorterSide)
  }

  /// The bytes of the file at `path`. They are in the decoder's own buffer, which is valid until it reads the next file.
  ///
  /// The path may lead through an archive. A storage that is away is waited for; see `StoragePatience`.
  ///
  /// - Throws: `ImageError` if it can't be read, is no file, or has more than `maximumBytes`; of kind `storage` or `stopped` if
  ///   the error says nothing about the file.
  public func contents(of path: FileName) throws(ImageError) -> UnsafeRawBufferPointer {
    if let count = try readMember(path) { return UnsafeRawBufferPointer(rebasing: file[0..<count]) }
    let count = try StoragePatience.read(path, code: { $0.code }, givingUp: { ImageError($0) }) { () throws(ImageError) in
      try readFile(path)
    }
    return UnsafeRawBufferPointer(rebasing: file[0..<count])
  }

  /// Decodes the bytes of a file.
  ///
  /// - Parameter name: The name that errors use.
  public func decode(
    _ bytes: UnsafeRawBufferPointer, name: String, minimumShorterSide: Int? = nil
  ) throws(ImageError) -> Picture {
    guard bytes.count > 0 else {
      throw ImageError(.undecodable, "cannot decode \(name): the file is empty; copy it again or remove it")
    }
    if bytes.starts(with: [0xFF, 0xD8]) {
      return try decodeJPEG(bytes, name: name, minimumShorterSide: minimumShorterSide)
    }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      return try decodePNG(bytes, name: name)
    }
    throw ImageError(
      .undecodable,
      "cannot decode \(name): expected a JPEG or PNG picture, found \(bytes.count) bytes \(guess(bytes)); convert or remove it"
    )
  }

  private func decodeJPEG(
    _ bytes: UnsafeRawBufferPointer, name: String, minimumShorterSide: Int?
  ) throws(ImageError) -> Picture {
    let header = try readHeader(bytes, name: name)
    let scale = scaleDenominator(of: header, minimumShorterSide: minimumShorterSide)
    let width = (header.width + scale - 1) / scale
    let height = (header.height + scale - 1) / scale
    let isCMYK = header.components == 4
    let source = bytes.bindMemory(to: UInt8.self).baseAddress
    var status: Int32 = 0

    func decompress(to target: UnsafeMutablePointer<UInt8>?, format: TJPF) {
      status = tjDecompress2(
        handle, source, UInt(bytes.count), target, Int32(width), 0, Int32(height), Int32(format.rawValue), TJFLAG_LIMITSCANS)
    }

    let picture: Picture
    if isCMYK {
      if inks.count < width * height * 4 { inks = [UInt8](repeating: 0, count: width * height * 4) }
      inks.withUnsafeMutableBufferPointer { decompress(to: $0.baseAddress, format: TJPF_CMYK) }
      picture = rgb(width: width, height: height, inverted: header.hasAdobeMarker)
    } else {
      picture = Picture(width: width, height: height) { decompress(to: $0.baseAddress, format: TJPF_RGB) }
    }
    if status != 0 { try judge(bytes, header: header, name: name) }
    return picture.oriented(header.orientation)
  }

  private func readHeader(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImageError) -> JPEGHeader {
    let header: JPEGHeader
    do throws(JPEGHeader.Problem) {
      header = try JPEGHeader(bytes)
    } catch {
      switch error {
      case .endsInHeader:
        throw ImageError(
          .undecodable,
          "cannot decode \(name): truncated JPEG, its header ends after \(bytes.count) bytes; copy it again or remove it")
      case .noFrame:
        throw ImageError(.undecodable, "cannot decode \(name): a JPEG file without a picture; remove it")
      case .badSegment(let offset):
        throw ImageError(.undecodable, "cannot decode \(name): damaged JPEG, bad segment length at byte \(offset)")
      }
    }
    guard header.width > 0, header.height > 0, header.width * header.height <= Self.maximumPixels else {
      throw ImageError(
        .undecodable,
        "cannot decode \(name): its header says \(header.width)×\(header.height), expected 1 … \(Self.maximumPixels) pixels")
    }
    // This check comes before memory is allocated for the pixels.
    guard header.width * header.height <= header.mostPixels(inBytes: bytes.count) else {
      throw ImageError(
        .undecodable,
        "cannot decode \(name): truncated JPEG, \(bytes.count) bytes can't hold the \(header.width)×\(header.height) pixels that its "
          + "header says; copy it again or remove it")
    }
    guard [1, 3, 4].contains(header.components) else {
      throw ImageError(
        .undecodable, "cannot decode \(name): expected a JPEG of 1, 3 or 4 components, found \(header.components)")
    }
    return header
  }

  private func scaleDenominator(of header: JPEGHeader, minimumShorterSide: Int?) -> Int {
    guard let minimum = minimumShorterSide else { return 1 }
    let shorter = min(header.width, header.height)
    return [8, 4, 2].first { (shorter + $0 - 1) / $0 >= minimum } ?? 1
  }

  /// Throws what the decoder reports, except for warnings that leave all pixels right.
  ///
  /// TurboJPEG keeps only the text of the first warning. So a tolerated warning also needs the end marker, which shows that no
  /// later warning was about truncation.
  private func judge(_ bytes: UnsafeRawBufferPointer, header: JPEGHeader, name: String) throws(ImageError) {
    let message = String(cString: tjGetErrorStr2(handle))
    let harmless = [
      "extraneous bytes before marker", "Unknown Adobe color transform", "Unsupported JFIF", "Warning: unknown JFIF",
      "Invalid SOS parameters", "Inconsistent progression", "bad ICC marker",
    ]
    if tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue), harmless.contains(where: message.contains),
      hasEndMarker(bytes, after: header.scanStart)
    {
      return
    }
    let what = message.contains("remature end") ? "truncated JPEG" : "damaged JPEG"
    throw ImageError(
      .undecodable,
      "cannot decode \(name): \(what) of \(bytes.count) bytes (\(message)); copy it again or remove it")
  }

  private func hasEndMarker(_ bytes: UnsafeRawBufferPointer, after start: Int) -> Bool {
    var offset = bytes.count - 2
    while offset > start {
      if bytes[offset] == 0xFF, bytes[offset + 1] == 0xD9 { return true }
      offset -= 1
    }
    return false
  }

  /// The RGB picture of the CMYK pixels in `inks`.
  private func rgb(width: Int, height: Int, inverted: Bool) -> Picture {
    let flip: UInt8 = inverted ? 0 : 255
    return Picture(width: width, height: height) { target in
      inks.withUnsafeBufferPointer { inks in
        for pixel in 0..<(width * height) {
          let light = Int(inks[pixel * 4 + 3] ^ flip)
          for channel in 0..<3 {
            target[pixel * 3 + channel] = UInt8((Int(inks[pixel * 4 + channel] ^ flip) * light + 127) / 255)
          }
        }
      }
    }
  }

  /// Reads the file into the buffer `file`, which grows as needed; returns the number of bytes.
  private func readFile(_ path: FileName) throws(ImageError) -> Int {
    // O_NONBLOCK keeps a pipe in the place of a picture from being waited for for ever. For regular files it changes nothing.
    let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else {
      let code = errno
      throw ImageError(.unreadable, "cannot open \(path): \(String(cString: strerror(code)))", code: code)
    }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw ImageError(.unreadable, "cannot read \(path): it is no regular file")
      }
      guard status.st_size <= Self.maximumBytes else {
        throw ImageError(
          .unreadable, "cannot read \(path): \(status.st_size) bytes are too many for a picture, at most \(Self.maximumBytes)")
      }
      if Int(status.st_size) >= file.count { grow(to: Int(status.st_size) + 1, keeping: 0) }
    }
    var count = 0
    while true {
      if count == file.count { grow(to: max(65_536, file.count * 2), keeping: count) }
      let result = read(descriptor, file.baseAddress! + count, file.count - count)
      if result == 0 { return count }
      if result < 0 {
        if errno == EINTR { continue }
        let code = errno
        throw ImageError(.unreadable, "cannot read \(path): \(String(cString: strerror(code)))", code: code)
      }
      count += result
    }
  }

  /// Reads a member of an archive into `file`; nil if the path leads through no archive.
  private func readMember(_ path: FileName) throws(ImageError) -> Int? {
    do throws(FileError) {
      guard let member = try ArchivedFile(path) else { return nil }
      guard member.size <= Self.maximumBytes else {
        throw FileError(
          action: "read", path: path.written,
          reason: "\(member.size) bytes are too many for a picture, at most \(Self.maximumBytes)")
      }
      if member.size >= file.count { grow(to: member.size + 1, keeping: 0) }
      try member.read(into: UnsafeMutableRawBufferPointer(rebasing: file[0..<member.size]))
      return member.size
    } catch {
      throw ImageError(error)
    }
  }

  private func grow(to size: Int, keeping count: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    if count > 0 { larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: file[0..<count])) }
    file.deallocate()
    file = larger
  }

  /// The kind of file that the first bytes look like, for a message.
  private func guess(_ bytes: UnsafeRawBufferPointer) -> String {
    if let kind = PictureKind(bytes.prefix(PictureKind.headBytes)) { return "of a \(kind.rawValue) picture" }
    if let file = ForeignFile.recognised(bytes) { return "of \(file.what)" }
    let start = bytes.prefix(4)
    return "that start with " + start.map { String($0, radix: 16, uppercase: true) }.joined(separator: " ")
  }
}

extension Picture {
  /// Decodes the picture in the file at `path`; see `PictureDecoder.decode(contentsOf:minimumShorterSide:)`.
  public init(contentsOf path: String, minimumShorterSide: Int? = nil) throws(ImageError) {
    self = try PictureDecoder().decode(contentsOf: path, minimumShorterSide: minimumShorterSide)
  }

  /// Decodes the picture in the bytes of a JPEG or PNG file.
  public init(
    decoding bytes: [UInt8], name: String = "the picture", minimumShorterSide: Int? = nil
  ) throws(ImageError) {
    let decoder = try PictureDecoder()
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(ImageError) -> Picture in
        try decoder.decode(bytes, name: name, minimumShorterSide: minimumShorterSide)
      }
    }
    self = try result.get()
  }
}
