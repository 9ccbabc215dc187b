import DataSets
import Images

/// Tells whether a map's greatest value lies on the object: within `tolerance` pixels of one of its boxes.
///
/// Source: Zhang et al. 2016, *Top-down Neural Attention by Excitation Backprop*, §4.1.
enum PointingGame {
  /// The tolerance τ, in pixels of the picture file.
  static let tolerance = 15.0

  /// - Parameters:
  ///   - map: `[H, W]` in the frame of the picture's first crop. If several values are greatest, the first in row order counts.
  ///   - boxes: the boxes of the class, in pixels of the file.
  static func hits(_ map: [Float], of picture: TestPicture, boxes: [BoundingBox]) -> Bool {
    var best = 0
    for i in map.indices where map[i] > map[best] || (map[best].isNaN && !map[i].isNaN) { best = i }
    let place = picture.places[0]
    // From the centre of the crop's pixel to pixels of the file.
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
