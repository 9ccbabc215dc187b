import Images

/// The set of a picture's pixels that belong to the object.
package struct PixelMask: Sendable, Equatable {
  package let width: Int
  package let height: Int
  /// [height, width]
  package var pixels: [Bool]

  package init(width: Int, height: Int, pixels: [Bool]) {
    precondition(pixels.count == width * height, "\(pixels.count) pixels for \(width)×\(height)")
    (self.width, self.height, self.pixels) = (width, height, pixels)
  }

  /// The number of pixels that belong to the object.
  var count: Int { pixels.reduce(0) { $0 + ($1 ? 1 : 0) } }

  /// The largest component of the mask, connected through 8 neighbours per pixel. If several are largest, the uppermost; if the
  /// mask is empty, an empty mask.
  func largestComponent() -> PixelMask {
    var component = [Int32](repeating: 0, count: pixels.count)
    var best: (label: Int32, size: Int) = (0, 0)
    var label: Int32 = 0
    var open: [Int] = []
    for start in pixels.indices where pixels[start] && component[start] == 0 {
      label += 1
      component[start] = label
      open.append(start)
      var size = 0
      while let pixel = open.popLast() {
        size += 1
        let (x, y) = (pixel % width, pixel / width)
        for ny in max(y - 1, 0)...min(y + 1, height - 1) {
          for nx in max(x - 1, 0)...min(x + 1, width - 1) {
            let neighbour = ny * width + nx
            guard pixels[neighbour], component[neighbour] == 0 else { continue }
            component[neighbour] = label
            open.append(neighbour)
          }
        }
      }
      if size > best.size { best = (label, size) }
    }
    return PixelMask(width: width, height: height, pixels: component.map { $0 == best.label && best.size > 0 })
  }

  /// The smallest rectangle around all but the outermost pixels; nil if the mask is empty.
  ///
  /// - Parameter trim: the fraction of the pixels, 0 … 0.5, that may stay outside on each of the four sides, so that thin limbs
  ///   don't decide; 0 gives the bounding box.
  func rectangle(trim: Double = 0) -> PixelRectangle? {
    var (columns, rows) = ([Int](repeating: 0, count: width), [Int](repeating: 0, count: height))
    for y in 0..<height {
      for x in 0..<width where pixels[y * width + x] {
        columns[x] += 1
        rows[y] += 1
      }
    }
    guard let (left, right) = Self.range(of: columns, trim: trim), let (top, bottom) = Self.range(of: rows, trim: trim) else {
      return nil
    }
    return PixelRectangle(x: left, y: top, width: right - left + 1, height: bottom - top + 1)
  }

  private static func range(of counts: [Int], trim: Double) -> (first: Int, last: Int)? {
    let total = counts.reduce(0, +)
    guard total > 0 else { return nil }
    let outside = min(Int(trim * Double(total)), (total - 1) / 2)
    func place(_ indices: some Sequence<Int>) -> Int {
      var sum = 0
      for index in indices {
        sum += counts[index]
        if sum > outside { return index }
      }
      return 0
    }
    return (place(counts.indices), place(counts.indices.reversed()))
  }

  /// The mask at another size; each pixel takes the value of the nearest one.
  package func resized(to size: PictureSize) -> PixelMask {
    func nearest(_ index: Int, _ old: Int, _ new: Int) -> Int { (2 * index + 1) * old / (2 * new) }
    let columns = (0..<size.width).map { nearest($0, width, size.width) }
    var resized: [Bool] = []
    resized.reserveCapacity(size.width * size.height)
    for y in 0..<size.height {
      let row = nearest(y, height, size.height) * width
      for x in columns { resized.append(pixels[row + x]) }
    }
    return PixelMask(width: size.width, height: size.height, pixels: resized)
  }
}
