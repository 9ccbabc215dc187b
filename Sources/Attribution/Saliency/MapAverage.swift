import Images

/// The average of the maps of several crops, each at its place in the resized picture.
///
/// **[ours]** mean[y, x] = Σ M_k(pixel) / n, over the n crops that cover the pixel (the paper averages ten maps and doesn't say
/// how). Maps of mirrored crops are mirrored back. Where no crop lies, the average is 0.
package struct MapAverage {
  /// The size of the resized picture.
  package let size: PictureSize
  private var sums: [Float]
  private var counts: [Float]

  package init(size: PictureSize) {
    self.size = size
    sums = [Float](repeating: 0, count: size.width * size.height)
    counts = sums
  }

  /// Adds the map of a crop that lies wholly in the picture.
  ///
  /// - Parameters:
  ///   - map: `[height, width]`, as the net saw the crop.
  ///   - width: the width of the crop, in pixels.
  package mutating func add(_ map: [Float], width: Int, at place: CropPlace) {
    let height = map.count / width
    precondition(
      map.count == width * height && place.x >= 0 && place.y >= 0 && place.x + width <= size.width
        && place.y + height <= size.height, "a map of \(width)×\(height) at (\(place.x), \(place.y)) in \(size)")
    for y in 0..<height {
      let (from, to) = (y * width, (place.y + y) * size.width + place.x)
      for x in 0..<width {
        sums[to + x] += map[from + (place.mirrored ? width - 1 - x : x)]
        counts[to + x] += 1
      }
    }
  }

  /// The average so far, `[H, W]`.
  package var average: [Float] { zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 } }
}
