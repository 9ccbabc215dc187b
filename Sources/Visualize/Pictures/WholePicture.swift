import Data
import DataSets
import Files
import Images

/// A picture file that is read once, and then used both as the net expects it and as the file stores it.
struct WholePicture {
  let prepared: PreparedPicture
  /// The frame of the upright picture in the file.
  let frame: PictureFrame
  /// The bytes of the file, in the decoder's buffer: valid until it reads another file.
  let bytes: UnsafeRawBufferPointer
  private let name: String

  /// - Throws: `ImageError` if the file can't be read or decoded.
  init(_ path: FileName, geometry: InputGeometry, decoder: PictureDecoder) throws(ImageError) {
    name = path.written
    bytes = try decoder.contents(of: path)
    prepared = try geometry.prepare(bytes, name: name, decoder: decoder)
    frame =
      PictureFacts(bytes).map { PictureFrame($0) }
      ?? PictureFrame(width: prepared.original.width, height: prepared.original.height)
  }

  /// The picture at the file's full size; for the net, a large JPEG is decoded to a smaller one.
  func full(_ decoder: PictureDecoder) throws(ImageError) -> Picture {
    prepared.decoded.size == prepared.original ? prepared.decoded : try decoder.decode(bytes, name: name)
  }
}
