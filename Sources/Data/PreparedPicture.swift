import Files
import Images

/// A picture on its way into a network: decoded, with the size that it is to be resized to. Crops are cut out of the resized
/// picture.
public struct PreparedPicture: Sendable {
  /// The size of the upright picture in the file.
  public let original: PictureSize
  /// The upright picture, at the file's size, or smaller if a reduced one gives the same input.
  public let decoded: Picture
  /// The size of the whole resized picture, in which the places of crops are counted.
  public let size: PictureSize

  package init(original: PictureSize, decoded: Picture, size: PictureSize) {
    (self.original, self.decoded, self.size) = (original, decoded, size)
  }

  /// The whole picture at `size`.
  ///
  /// - Throws: `ImageError` if that is above `PictureDecoder.maximumPixels`.
  public func resized() throws(ImageError) -> Picture { try decoded.resized(width: size.width, height: size.height) }

  /// The same picture, already resized: for one that is used more than once.
  public func settled() throws(ImageError) -> PreparedPicture {
    PreparedPicture(original: original, decoded: try resized(), size: size)
  }
}

extension InputGeometry {
  /// Reads a picture file. Every picture from a file comes into a network this way.
  ///
  /// - Throws: `ImageError` if the file can't be read or decoded, or one side is more than `mostElongated` times the other.
  public func prepare(contentsOf path: FileName, decoder: PictureDecoder) throws(ImageError) -> PreparedPicture {
    try prepare(decoder.contents(of: path), name: path.written, decoder: decoder)
  }

  /// Prepares the picture in a file's bytes.
  ///
  /// - Parameter name: The name that errors use.
  public func prepare(
    _ bytes: UnsafeRawBufferPointer, name: String, decoder: PictureDecoder
  ) throws(ImageError) -> PreparedPicture {
    let facts = PictureFacts(bytes)
    if let facts { try Self.requireUsualShape(facts.size, name: name) }
    let decoded = try decoder.decode(bytes, name: name, minimumShorterSide: decodedSide)
    // Only a JPEG is ever decoded at a part of its size.
    let original = facts.map { $0.format == .jpeg ? $0.size : decoded.size } ?? decoded.size
    return try prepare(decoded, original: original, name: name)
  }

  /// Prepares a decoded picture: one of a pack, or one that was computed.
  ///
  /// - Parameter original: The size of the picture in the file that it comes from; nil for its own size.
  public func prepare(
    _ decoded: Picture, original: PictureSize? = nil, name: String = "the picture"
  ) throws(ImageError) -> PreparedPicture {
    let original = original ?? decoded.size
    try Self.requireUsualShape(original, name: name)
    guard let packedSide, min(original.width, original.height) > packedSide else {
      return PreparedPicture(original: original, decoded: decoded, size: try original.scaled(shorterSide: shorterSide))
    }
    let packed = try original.scaled(shorterSide: packedSide)
    return PreparedPicture(
      original: original, decoded: try decoded.resized(width: packed.width, height: packed.height),
      size: try packed.scaled(shorterSide: shorterSide))
  }

  private static func requireUsualShape(_ size: PictureSize, name: String) throws(ImageError) {
    guard max(size.width, size.height) <= mostElongated * min(size.width, size.height) else {
      throw ImageError(
        .invalidSize,
        "\(name): a picture of \(size) is too elongated, expected at most \(mostElongated) : 1; cut a part out or remove it")
    }
  }
}
