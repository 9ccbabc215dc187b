/// Antialiased resizing by a separable triangle filter that is widened by the down-scale factor.
///
/// Output pixel o looks at centre (o + ½)·s with s = input size / output size, at weights
/// max(0, 1 − |i + ½ − centre| / max(s, 1)), normalised. Fixed point with 22 bits, rounded to 8 bits after the horizontal and after the vertical pass: the same numbers
/// as Pillow's `resize(…, BILINEAR)`.
///
/// Source: the same form as Pillow's src/libImaging/Resample.c.
struct ResamplingWeights {
  static let precision = 22

  /// The first input index of each output.
  let starts: [Int]
  /// The number of inputs of each output.
  let counts: [Int]
  /// [outputs, stride], fixed point.
  let weights: [Int32]
  let stride: Int

  init(from input: Int, to output: Int) {
    let scale = Double(input) / Double(output)
    let support = max(scale, 1)
    stride = Int(support.rounded(.up)) * 2 + 1
    var starts: [Int] = []
    var counts: [Int] = []
    var weights = [Int32](repeating: 0, count: output * stride)
    starts.reserveCapacity(output)
    counts.reserveCapacity(output)
    for index in 0..<output {
      let centre = (Double(index) + 0.5) * scale
      let first = max(0, Int(centre - support + 0.5))
      let end = min(input, Int(centre + support + 0.5))
      let raw = (first..<end).map { max(0, 1 - abs((Double($0) - centre + 0.5) * (1 / support))) }
      let sum = raw.reduce(0, +)
      for (tap, value) in raw.enumerated() {
        weights[index * stride + tap] = Int32(value / sum * Double(1 << Self.precision) + 0.5)
      }
      starts.append(first)
      counts.append(end - first)
    }
    self.starts = starts
    self.counts = counts
    self.weights = weights
  }
}

extension Picture {
  /// The picture at another size; see `ResamplingWeights`. Equal sizes give the same picture.
  ///
  /// - Throws: `ImageError` for a size below 1 or above `PictureDecoder.maximumPixels`.
  public func resized(width newWidth: Int, height newHeight: Int) throws(ImageError) -> Picture {
    guard newWidth > 0, newHeight > 0, newWidth <= PictureDecoder.maximumPixels / newHeight else {
      throw ImageError(.invalidSize, "cannot resize \(width)×\(height) to \(newWidth)×\(newHeight)")
    }
    var picture = self
    if newWidth != width { picture = picture.resampledHorizontally(to: newWidth) }
    if newHeight != height { picture = picture.resampledVertically(to: newHeight) }
    return picture
  }

  /// The picture with its shorter side at `side` and the longer one in proportion, rounded.
  public func resized(shorterSide side: Int) throws(ImageError) -> Picture {
    let longer = max(width, height)
    let newLonger = (2 * longer * side + shorterSide) / (2 * shorterSide)
    return width <= height
      ? try resized(width: side, height: max(side, newLonger)) : try resized(width: max(side, newLonger), height: side)
  }

  private func resampledHorizontally(to newWidth: Int) -> Picture {
    let plan = ResamplingWeights(from: width, to: newWidth)
    let half = Int32(1) << (ResamplingWeights.precision - 1)
    return Picture(width: newWidth, height: height) { target in
      pixels.withUnsafeBufferPointer { source in
        plan.weights.withUnsafeBufferPointer { weights in
          var out = target.baseAddress!
          for row in 0..<height {
            let line = source.baseAddress! + row * width * 3
            for column in 0..<newWidth {
              var from = line + plan.starts[column] * 3
              let taps = weights.baseAddress! + column * plan.stride
              var (red, green, blue) = (half, half, half)
              for tap in 0..<plan.counts[column] {
                let weight = taps[tap]
                red &+= Int32(from[0]) &* weight
                green &+= Int32(from[1]) &* weight
                blue &+= Int32(from[2]) &* weight
                from += 3
              }
              out[0] = clamped(red)
              out[1] = clamped(green)
              out[2] = clamped(blue)
              out += 3
            }
          }
        }
      }
    }
  }

  private func resampledVertically(to newHeight: Int) -> Picture {
    let plan = ResamplingWeights(from: height, to: newHeight)
    let rowCount = width * 3
    let half = Int32(1) << (ResamplingWeights.precision - 1)
    return Picture(width: width, height: newHeight) { target in
      pixels.withUnsafeBufferPointer { source in
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: rowCount) { sums in
          let sums = sums.baseAddress!
          for row in 0..<newHeight {
            sums.update(repeating: half, count: rowCount)
            for tap in 0..<plan.counts[row] {
              let weight = plan.weights[row * plan.stride + tap]
              let line = source.baseAddress! + (plan.starts[row] + tap) * rowCount
              for index in 0..<rowCount { sums[index] &+= Int32(line[index]) &* weight }
            }
            let out = target.baseAddress! + row * rowCount
            for index in 0..<rowCount { out[index] = clamped(sums[index]) }
          }
        }
      }
    }
  }
}

/// A fixed-point sum as 8 bits. Weights are not negative and sum to 1 up to rounding: only the upper end needs a limit.
@inline(__always)
private func clamped(_ sum: Int32) -> UInt8 {
  UInt8(truncatingIfNeeded: min(255, sum >> Int32(ResamplingWeights.precision)))
}
