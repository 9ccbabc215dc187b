/// Pictures that are shown together.
extension Picture {
  /// The gap between two pictures that are shown side by side, in pixels.
  package static var gap: Int { 4 }

  /// Both pictures side by side, aligned at the top, with a white gap.
  package func beside(_ other: Picture) -> Picture { Picture.grid([self, other], columns: 2, gap: Self.gap) }

  /// One of several pictures of that width that are side by side in this one.
  package func panel(_ index: Int, width: Int) throws(ImageError) -> Picture {
    try cropped(x: index * (width + Self.gap), y: 0, width: width, height: height)
  }

  /// One of `count` pictures of the same width that are side by side in this one.
  package func panel(_ index: Int, of count: Int) throws(ImageError) -> Picture {
    try panel(index, width: (width - (count - 1) * Self.gap) / count)
  }

  /// Pictures in rows, one row after the other. Each column is as wide as its widest picture and each row as high as its highest,
  /// with white between them.
  package static func grid(_ pictures: [Picture], columns: Int, gap: Int) -> Picture {
    precondition(!pictures.isEmpty && columns > 0, "a grid of \(pictures.count) pictures in \(columns) columns")
    let columns = min(columns, pictures.count)
    let rows = (pictures.count + columns - 1) / columns
    var widths = [Int](repeating: 0, count: columns)
    var heights = [Int](repeating: 0, count: rows)
    for (index, picture) in pictures.enumerated() {
      widths[index % columns] = max(widths[index % columns], picture.width)
      heights[index / columns] = max(heights[index / columns], picture.height)
    }
    func start(_ sizes: [Int], _ index: Int) -> Int { sizes[..<index].reduce(0) { $0 + $1 + gap } }
    let total = start(widths, columns) - gap
    return Picture(width: total, height: start(heights, rows) - gap) { target in
      target.update(repeating: 255)
      for (index, picture) in pictures.enumerated() {
        picture.copy(to: target, width: total, x: start(widths, index % columns), y: start(heights, index / columns))
      }
    }
  }

  /// Writes the picture into a larger one with the width `total`, with its upper left pixel at (x, y).
  package func copy(to target: UnsafeMutableBufferPointer<UInt8>, width total: Int, x: Int, y: Int) {
    pixels.withUnsafeBufferPointer { pixels in
      for row in 0..<height {
        let line = pixels[(row * width * 3)..<((row + 1) * width * 3)]
        let at = ((y + row) * total + x) * 3
        _ = UnsafeMutableBufferPointer(rebasing: target[at...]).update(fromContentsOf: line)
      }
    }
  }
}
