import DataSets
import Files
import Foundation
import Images
import Results

/// The pixels of a picture's objects: those of its mask, or if it has none, those in its boxes.
///
/// A mask is a PNG file of the upright picture's size beside the file of the boxes, with its name; objects are lighter than a middle grey.
enum ObjectMask {
  static func path(of annotation: FileName) -> FileName {
    annotation.folder.appending(FileName(bytes: annotation.last.stem.bytes + Array(".png".utf8)))
  }

  /// - Returns: true for the pixels of objects in the picture's first crop, `[H, W]`.
  /// - Throws: `ResultsError` if the mask has another size than the picture, `ImageError` if it can't be read.
  static func pixels(_ path: FileName?, of picture: TestPicture, boxes: [BoundingBox]) throws -> [Bool] {
    guard let path, FileManager.default.fileExists(atPath: path.path) else { return picture.object(boxes) }
    let mask = try Picture(contentsOf: path.path)
    guard mask.size == picture.original else {
      throw ResultsError(
        .badData, "\(path.written) is a mask of \(mask.size), expected the picture's \(picture.original); correct or remove it")
    }
    return (0..<picture.shape.area).map { i in
      let (x, y) = picture.point(i)
      let place = min(Int(y), mask.height - 1) * mask.width + min(Int(x), mask.width - 1)
      return mask.pixels[place * 3] > 127
    }
  }
}
