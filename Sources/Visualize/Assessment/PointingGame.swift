import DataSets
import Images

/// Whether a map's greatest value lies on the object: within `tolerance` pixels of one of its boxes.
///
/// Source: Zhang et al. 2016, *Top-down Neural Attention by Excitation Backprop*, §4.1.
enum PointingGame {
  /// τ, in pixels of the picture in the file.
  static let tolerance = 15.0

  /// - Parameters:
  ///   - map: `[H, W]` in the frame of a picture's first crop; the first greatest value in row order counts.
  ///   - boxes: of the class, in pixels of the file.
  static func hits(_ map: [Float], of picture: TestPicture, boxes: [BoundingBox]) -> Bool {
    var best = 0
    for i in map.indices where map[i] > map[best] || (map[best].isNaN && !map[i].isNaN) { best = i }
    let place = picture.places[0]
    // From the middle of a pixel of the crop to pixels of the file.
    let x = (Double(place.x + best % picture.shape.width) + 0.5) * Double(picture.original.width) / Double(picture.resized.width)
    let y =
      (Double(place.y + best / picture.shape.width) + 0.5) * Double(picture.original.height) / Double(picture.resized.height)
    return boxes.contains { box in
      let dx = max(Double(box.xmin) - x, x - Double(box.xmax + 1), 0)
      let dy = max(Double(box.ymin) - y, y - Double(box.ymax + 1), 0)
      return dx * dx + dy * dy <= tolerance * tolerance
    }
  }
}
