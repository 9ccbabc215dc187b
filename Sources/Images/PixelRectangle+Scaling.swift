extension PixelRectangle {
  package func contains(x: Int, y: Int) -> Bool { x >= self.x && x < self.x + width && y >= self.y && y < self.y + height }

  /// The same part of the picture at another size; at least one pixel.
  package func scaled(from: PictureSize, to: PictureSize) -> PixelRectangle {
    func side(_ start: Int, _ length: Int, _ old: Int, _ new: Int) -> (start: Int, length: Int) {
      let first = min((2 * start * new + old) / (2 * old), new - 1)
      let end = (2 * (start + length) * new + old) / (2 * old)
      return (first, max(1, min(end, new) - first))
    }
    let (h, v) = (side(x, width, from.width, to.width), side(y, height, from.height, to.height))
    return PixelRectangle(x: h.start, y: v.start, width: h.length, height: v.length)
  }
}
