/// MaxBoxAccV2: how often a box around a part of the map above a threshold has an overlap of 0.3, 0.5 and 0.7 with a box of the object, the
/// mean of the three. For each overlap the threshold is the best one of every other picture, and the accuracy is that of the others.
///
/// The map is scaled to 0 … 1. Boxes enclose the connected parts (8 neighbours) of the pixels above the threshold; the best of them counts.
/// Source: Choe et al. 2022, *Evaluation for weakly supervised object localization: protocol, metrics, and datasets*, §4.2, which chooses
/// the threshold on the pictures that it measures **[ours: on the other half]**.
package enum BoxAccuracy {
  package static let thresholds = 50
  static let overlaps: [Float] = [0.3, 0.5, 0.7]

  /// The pixels of a box, from its first to its last column and row.
  package struct Box: Sendable {
    package let columns: ClosedRange<Int>
    package let rows: ClosedRange<Int>

    package init(columns: ClosedRange<Int>, rows: ClosedRange<Int>) { (self.columns, self.rows) = (columns, rows) }

    /// Intersection over union.
    func overlap(_ other: Box) -> Float {
      let common = columns.clamped(to: other.columns).count * rows.clamped(to: other.rows).count
      guard columns.overlaps(other.columns), rows.overlaps(other.rows) else { return 0 }
      return Float(common) / Float(columns.count * rows.count + other.columns.count * other.rows.count - common)
    }
  }

  /// The best overlap at each threshold 0, 1/50, …, 49/50.
  package static func bestOverlaps(of map: [Float], width: Int, with boxes: [Box]) -> [Float] {
    guard let low = map.min(), let high = map.max(), high > low else { return [Float](repeating: 0, count: thresholds) }
    return (0..<thresholds).map { number in
      let threshold = low + (high - low) * Float(number) / Float(thresholds)
      return parts(of: map.map { $0 > threshold }, width: width).reduce(0) { best, part in
        boxes.reduce(best) { max($0, part.overlap($1)) }
      }
    }
  }

  /// The boxes around the connected parts of a mask.
  static func parts(of mask: [Bool], width: Int) -> [Box] {
    var waiting = mask
    var parts: [Box] = []
    var stack: [Int] = []
    let height = mask.count / width
    for start in mask.indices where waiting[start] {
      var (left, right, top, bottom) = (width, -1, height, -1)
      waiting[start] = false
      stack.append(start)
      while let i = stack.popLast() {
        let (y, x) = (i / width, i % width)
        (left, right, top, bottom) = (min(left, x), max(right, x), min(top, y), max(bottom, y))
        for row in max(y - 1, 0)...min(y + 1, height - 1) {
          for next in (row * width + max(x - 1, 0))...(row * width + min(x + 1, width - 1)) where waiting[next] {
            waiting[next] = false
            stack.append(next)
          }
        }
      }
      parts.append(Box(columns: left...right, rows: top...bottom))
    }
    return parts
  }

  /// The score of each picture: NaN for the pictures with even numbers, by which thresholds are chosen.
  ///
  /// - Parameter best: of each picture, the best overlap at each threshold; empty where there is none.
  static func scores(_ best: [[Float]]) -> [Double] {
    let chosen = overlaps.map { overlap in
      let hits = (0..<thresholds).map { threshold in
        best.enumerated().count { $0.offset % 2 == 0 && !$0.element.isEmpty && $0.element[threshold] >= overlap }
      }
      return hits.firstIndex(of: hits.max() ?? 0) ?? 0
    }
    return best.enumerated().map { number, own in
      guard number % 2 == 1, !own.isEmpty else { return .nan }
      return Double(zip(overlaps, chosen).count { own[$1] >= $0 }) / Double(overlaps.count)
    }
  }
}
