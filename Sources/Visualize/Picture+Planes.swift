import ConvNet
import Images

extension Picture {
  /// A picture of planes of floats, rounded and limited to 0 … 255.
  ///
  /// - Parameter planes: `[3, H, W]` or `[1, H, W]` (grey), 0–255; not-a-number is shown as 0.
  init(planes: [Float], shape: Shape) {
    precondition(
      planes.count == shape.count && [1, 3].contains(shape.channels), "\(planes.count) values are no picture \(shape)")
    let step = shape.channels == 3 ? shape.area : 0
    self.init(width: shape.width, height: shape.height) { target in
      for i in 0..<shape.area {
        for channel in 0..<3 {
          let value = planes[channel * step + i]
          target[i * 3 + channel] = value > 0 ? UInt8(min(value, 255).rounded()) : 0
        }
      }
    }
  }

  /// The pixels as planes, `[3, H, W]`, with `mean` subtracted: how pictures enter a net.
  func centred(mean: [Float]) -> [Float] {
    let area = width * height
    precondition(mean.count == 3 * area, "a mean of \(mean.count) values for \(self)")
    return [Float](unsafeUninitializedCapacity: 3 * area) { target, count in
      for i in 0..<area {
        for channel in 0..<3 { target[channel * area + i] = Float(pixels[i * 3 + channel]) - mean[channel * area + i] }
      }
      count = 3 * area
    }
  }

  /// Columns between two pictures that are shown together.
  static var gap: Int { 4 }

  /// Both pictures next to each other, from the top, with a white gap.
  func beside(_ other: Picture) -> Picture {
    let (left, right, gap) = (self, other, Self.gap)
    let total = left.width + gap + right.width
    return Picture(width: total, height: max(left.height, right.height)) { target in
      target.update(repeating: 255)
      for (picture, x) in [(left, 0), (right, left.width + gap)] {
        picture.pixels.withUnsafeBufferPointer { pixels in
          for row in 0..<picture.height {
            let line = pixels[(row * picture.width * 3)..<((row + 1) * picture.width * 3)]
            _ = UnsafeMutableBufferPointer(rebasing: target[((row * total + x) * 3)...]).update(fromContentsOf: line)
          }
        }
      }
    }
  }
}
