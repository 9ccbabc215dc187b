import Data
import DataSets
import Files
import Images

/// A picture file that was read once: as the net wants it, and as the file has it.
struct WholePicture {
  let prepared: PreparedPicture
  /// Of the upright picture in the file.
  let frame: PictureFrame
  /// The decoder's own: valid until it reads another file.
  let bytes: UnsafeRawBufferPointer
  private let name: String

  /// - Throws: `ImageError` when the file can't be read or decoded.
  init(_ path: FileName, geometry: InputGeometry, decoder: PictureDecoder) throws(ImageError) {
    name = path.written
    bytes = try decoder.contents(of: path)
    prepared = try geometry.prepare(bytes, name: name, decoder: decoder)
    frame =
      PictureFacts(bytes).map { PictureFrame($0) }
      ?? PictureFrame(width: prepared.original.width, height: prepared.original.height)
  }

  /// The file's own pixels, which a large JPEG isn't decoded to for the net.
  func full(_ decoder: PictureDecoder) throws(ImageError) -> Picture {
    prepared.decoded.size == prepared.original ? prepared.decoded : try decoder.decode(bytes, name: name)
  }
}
