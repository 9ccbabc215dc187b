import Attribution
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
    let (x, y) = picture.point(best)
    return boxes.contains { box in
      let dx = max(Double(box.xmin) - x, x - Double(box.xmax + 1), 0)
      let dy = max(Double(box.ymin) - y, y - Double(box.ymax + 1), 0)
      return dx * dx + dy * dy <= tolerance * tolerance
    }
  }
}

extension TestPicture {
  /// The centre of a pixel of the first crop, in pixels of the file.
  func point(_ i: Int) -> (x: Double, y: Double) {
    (
      (Double(places[0].x + i % shape.width) + 0.5) * Double(original.width) / Double(resized.width),
      (Double(places[0].y + i / shape.width) + 0.5) * Double(original.height) / Double(resized.height)
    )
  }

  /// The parts of boxes that lie in the first crop, in its pixels.
  func seen(_ boxes: [BoundingBox]) -> [BoxAccuracy.Box] {
    boxes.compactMap { box in
      let inside = object([box])
      let columns = (0..<shape.width).filter { x in (0..<shape.height).contains { inside[$0 * shape.width + x] } }
      let rows = (0..<shape.height).filter { y in inside[(y * shape.width)..<((y + 1) * shape.width)].contains(true) }
      guard let left = columns.first, let right = columns.last, let top = rows.first, let bottom = rows.last else { return nil }
      return BoxAccuracy.Box(columns: left...right, rows: top...bottom)
    }
  }

  /// True for the pixels of the first crop that lie in a box, `[H, W]`.
  func object(_ boxes: [BoundingBox]) -> [Bool] {
    (0..<shape.area).map { i in
      let (x, y) = point(i)
      return boxes.contains { box in
        (Double(box.xmin)..<Double(box.xmax + 1)).contains(x) && (Double(box.ymin)..<Double(box.ymax + 1)).contains(y)
      }
    }
  }
}
