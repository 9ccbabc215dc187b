/// The facts about a JPEG file that must be known before it is decoded: size, components, colour and orientation.
///
/// TurboJPEG's own call for the header refuses uncommon chroma subsampling that its decoder handles well, and gives neither the
/// Adobe marker nor the orientation. So the marker segments are read here, up to the first scan.
///
/// Source: ITU-T T.81 annex B (markers); ITU-T T.872 6.5.3 (Adobe's APP14).
struct JPEGHeader {
  var width = 0
  var height = 0
  var components = 0
  /// True if there is an Adobe APP14 segment: then CMYK is stored inverted (255 is no ink).
  var hasAdobeMarker = false
  var orientation = Orientation.upright
  /// True if the file uses arithmetic coding, which is rare; a flat picture then takes almost no bytes.
  var isArithmetic = false
  /// The offset in bytes at which the first scan's segment starts.
  var scanStart = 0

  enum Problem: Error {
    case endsInHeader
    case noFrame
    case badSegment(offset: Int)
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
    var offset = 2
    while true {
      // A marker is 0xFF, any number of fill bytes 0xFF, and a code. Decoders skip garbage before it, and so does this loop.
      while offset < bytes.count, bytes[offset] != 0xFF { offset += 1 }
      while offset < bytes.count, bytes[offset] == 0xFF { offset += 1 }
      guard offset < bytes.count else { throw Problem.endsInHeader }
      let code = bytes[offset]
      offset += 1
      if code == 0 || code == 1 || (0xD0...0xD8).contains(code) { continue }
      if code == 0xD9 { throw Problem.noFrame }
      guard offset + 2 <= bytes.count else { throw Problem.endsInHeader }
      let length = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
      guard length >= 2 else { throw Problem.badSegment(offset: offset) }
      if code == 0xDA {
        scanStart = offset
        if width == 0 { throw Problem.noFrame }
        return
      }
      guard offset + length <= bytes.count else { throw Problem.endsInHeader }
      read(segment: UnsafeRawBufferPointer(rebasing: bytes[(offset + 2)..<(offset + length)]), code: code)
      offset += length
    }
  }

  /// The most pixels that a file of so many bytes can hold.
  ///
  /// With Huffman codes a block of 8×8 samples takes at least one bit, and a component may have as few as one sixteenth of the
  /// samples.
  func mostPixels(inBytes count: Int) -> Int {
    let byCodes = count * 8 * 64 * 16
    return isArithmetic ? max(byCodes, 1 << 24) : byCodes
  }

  private mutating func read(segment: UnsafeRawBufferPointer, code: UInt8) {
    switch code {
    case 0xC0...0xCF where code != 0xC4 && code != 0xC8 && code != 0xCC:  // A frame; not DHT, JPG, DAC.
      guard segment.count >= 6 else { return }
      isArithmetic = code >= 0xC9
      height = Int(segment[1]) << 8 | Int(segment[2])
      width = Int(segment[3]) << 8 | Int(segment[4])
      components = Int(segment[5])
    case 0xE1:
      if let found = exifOrientation(segment) { orientation = found }
    case 0xEE:
      if segment.starts(with: "Adobe".utf8) { hasAdobeMarker = true }
    default: break
    }
  }
}

/// The orientation in the content of an APP1 segment; nil if it is no EXIF or holds no valid orientation.
func exifOrientation(_ segment: UnsafeRawBufferPointer) -> Orientation? {
  guard segment.starts(with: exifMark) else { return nil }
  return tiffOrientation(UnsafeRawBufferPointer(rebasing: segment[exifMark.count...]))
}

/// The bytes with which EXIF begins in a JPEG file.
let exifMark: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]

/// The orientation in EXIF data; nil if they hold no valid one.
///
/// Source: CIPA DC-008 4.5 (a TIFF header, then directories of 12-byte entries; orientation is in the first).
func tiffOrientation(_ tiff: UnsafeRawBufferPointer) -> Orientation? {
  guard tiff.count >= 8 else { return nil }
  let littleEndian = tiff[0] == 0x49 && tiff[1] == 0x49
  guard littleEndian || (tiff[0] == 0x4D && tiff[1] == 0x4D) else { return nil }

  func number(at offset: Int, bytes count: Int) -> Int? {
    guard offset >= 0, offset + count <= tiff.count else { return nil }
    var value = 0
    for index in 0..<count {
      value = value << 8 | Int(tiff[offset + (littleEndian ? count - 1 - index : index)])
    }
    return value
  }

  guard number(at: 2, bytes: 2) == 42, let directory = number(at: 4, bytes: 4),
    let entries = number(at: directory, bytes: 2)
  else { return nil }
  for entry in 0..<entries {
    let start = directory + 2 + entry * 12
    guard let tag = number(at: start, bytes: 2) else { return nil }
    guard tag == 0x0112 else { continue }
    // Types 1, 3 and 4 are numbers of 8, 16 and 32 bits, which are in the entry itself. The standard wants 16; programs write all.
    guard let bytes = number(at: start + 2, bytes: 2).flatMap({ [1: 1, 3: 2, 4: 4][$0] }),
      let value = number(at: start + 8, bytes: bytes)
    else { return nil }
    return UInt16(exactly: value).flatMap(Orientation.init(rawValue:))
  }
  return nil
}
