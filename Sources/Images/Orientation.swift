/// How the rows and columns of a stored picture lie in the scene: the values of the EXIF tag 0x0112.
///
/// Source: CIPA DC-008 (Exif 2.32), 4.6.4 A, *Orientation*.
public enum Orientation: UInt16, Sendable, CaseIterable {
  case upright = 1
  case flippedHorizontally, rotated180, flippedVertically, transposed, rotatedRight, transversed, rotatedLeft

  /// True if width and height change places.
  public var swapsSides: Bool { rawValue >= 5 }
}

extension Picture {
  /// The upright picture, if this one's pixels are stored with `orientation`.
  public func oriented(_ orientation: Orientation) -> Picture {
    if orientation == .upright { return self }
    let (width, height) = (self.width, self.height)
    // The upright pixel (x, y) is stored at origin + x·right + y·down, counted in pixels.
    let last = width * height - 1
    let (origin, right, down) =
      switch orientation {
      case .upright: (0, 1, width)
      case .flippedHorizontally: (width - 1, -1, width)
      case .rotated180: (last, -1, -width)
      case .flippedVertically: (last - (width - 1), 1, -width)
      case .transposed: (0, width, 1)
      case .rotatedRight: (last - (width - 1), -width, 1)
      case .transversed: (last, -width, -1)
      case .rotatedLeft: (width - 1, width, -1)
      }
    let (newWidth, newHeight) = orientation.swapsSides ? (height, width) : (width, height)
    return Picture(width: newWidth, height: newHeight) { target in
      pixels.withUnsafeBufferPointer { source in
        var next = 0
        for y in 0..<newHeight {
          var from = (origin + y * down) * 3
          for _ in 0..<newWidth {
            target[next] = source[from]
            target[next + 1] = source[from + 1]
            target[next + 2] = source[from + 2]
            next += 3
            from += right * 3
          }
        }
      }
    }
  }
}
