import ConvNet
import Foundation
import Random

/// The change of a picture before it enters the net in one iteration: a shift around the edges, then a rotation and a zoom about
/// the centre. A picture that has a high score under all of them can't depend on single pixels.
///
/// Source: Mordvintsev et al. 2015 (jitter); Olah et al. 2017 (rotation and zoom).
struct Transformation {
  private let roll: Roll
  private let similarity: Similarity?

  /// Draws a transformation, which depends on the seed, the iteration and the item alone.
  ///
  /// - Parameters:
  ///   - rotation: the largest angle either way, in degrees.
  ///   - zoom: the largest factor, for enlarging and reducing; 1 for none.
  init(jitter: Int, rotation: Float, zoom: Float, seed: UInt64, iteration: Int, item: Int) {
    var random = CounterRandom(seed: seed, purpose: .visualization, epoch: iteration, sample: item)
    roll = Roll(jitter: jitter, &random)
    guard rotation > 0 || zoom > 1 else {
      similarity = nil
      return
    }
    let limit = log(max(zoom, 1))
    let (angle, factor) = (random.uniform(in: -rotation...rotation) * .pi / 180, exp(random.uniform(in: -limit...limit)))
    similarity = Similarity(angle: angle, zoom: factor)
  }

  /// Writes the picture as it enters the net to `target`.
  func apply(
    _ source: UnsafeMutableBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>,
    scratch: UnsafeMutableBufferPointer<Float>, shape: Shape
  ) {
    guard let similarity else { return roll.apply(source, to: target, shape: shape) }
    roll.apply(source, to: scratch, shape: shape)
    similarity.apply(scratch, to: target, shape: shape)
  }

  /// Applies the transpose: turns a gradient with respect to what entered the net into one with respect to the picture.
  func pullBack(
    _ gradient: UnsafeMutableBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>,
    scratch: UnsafeMutableBufferPointer<Float>, shape: Shape
  ) {
    guard let similarity else { return roll.inverse.apply(gradient, to: target, shape: shape) }
    similarity.transpose(gradient, to: scratch, shape: shape)
    roll.inverse.apply(scratch, to: target, shape: shape)
  }
}

/// A shift of a picture. What leaves on one side enters on the other, so that nothing is lost:
/// `y[c, (i + down) mod H, (j + right) mod W] = x[c, i, j]`.
struct Roll: Equatable {
  var right = 0
  var down = 0

  /// The shift that undoes this one.
  var inverse: Roll { Roll(right: -right, down: -down) }

  /// Draws a shift for jitter, uniform in −limit … limit in both directions.
  init(jitter limit: Int, _ random: inout CounterRandom) {
    guard limit > 0 else { return }
    right = random.index(below: 2 * limit + 1) - limit
    down = random.index(below: 2 * limit + 1) - limit
  }

  init(right: Int, down: Int) { (self.right, self.down) = (right, down) }

  /// Writes the shifted `source` to `target`; they must not overlap.
  func apply(_ source: UnsafeMutableBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>, shape: Shape) {
    precondition(source.count == shape.count && target.count == shape.count, "\(source.count) values are not \(shape)")
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let (width, height) = (shape.width, shape.height)
    let right = ((self.right % width) + width) % width
    let down = ((self.down % height) + height) % height
    for row in 0..<(shape.channels * height) {
      let plane = row / height * height
      let line = to + (plane + (row - plane + down) % height) * width
      let old = from + row * width
      (line + right).update(from: old, count: width - right)
      line.update(from: old + width - right, count: right)
    }
  }
}

/// A rotation and a zoom about the centre by bilinear interpolation. Pixels from outside of the picture are 0, the mean.
struct Similarity: Equatable {
  /// Cosine and sine of the angle, divided by the zoom.
  private let cosine: Float
  private let sine: Float

  /// - Parameters:
  ///   - angle: in radians.
  ///   - zoom: values above 1 enlarge.
  init(angle: Float, zoom: Float) { (cosine, sine) = (cos(angle) / zoom, sin(angle) / zoom) }

  func apply(_ source: UnsafeMutableBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>, shape: Shape) {
    precondition(source.count == shape.count && target.count == shape.count, "\(source.count) values are not \(shape)")
    target.update(repeating: 0)
    forEachCorner(shape) { output, input, weight in
      for channel in 0..<shape.channels { target[channel * shape.area + output] += weight * source[channel * shape.area + input] }
    }
  }

  func transpose(_ source: UnsafeMutableBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>, shape: Shape) {
    precondition(source.count == shape.count && target.count == shape.count, "\(source.count) values are not \(shape)")
    target.update(repeating: 0)
    forEachCorner(shape) { output, input, weight in
      for channel in 0..<shape.channels { target[channel * shape.area + input] += weight * source[channel * shape.area + output] }
    }
  }

  /// Calls `body` for each of the up to four input pixels that a pixel of the result is made of.
  @inline(__always)
  private func forEachCorner(_ shape: Shape, _ body: (_ output: Int, _ input: Int, _ weight: Float) -> Void) {
    let (width, height) = (shape.width, shape.height)
    let (middleX, middleY) = (Float(width - 1) / 2, Float(height - 1) / 2)
    for y in 0..<height {
      for x in 0..<width {
        let (dx, dy) = (Float(x) - middleX, Float(y) - middleY)
        let (sourceX, sourceY) = (cosine * dx - sine * dy + middleX, sine * dx + cosine * dy + middleY)
        let (left, top) = (sourceX.rounded(.down), sourceY.rounded(.down))
        let (right, bottom) = (sourceX - left, sourceY - top)
        let (column, row) = (Int(left), Int(top))
        let output = y * width + x
        for down in 0...1 where row + down >= 0 && row + down < height {
          let weight = down == 0 ? 1 - bottom : bottom
          let line = (row + down) * width
          if column >= 0, column < width { body(output, line + column, weight * (1 - right)) }
          if column + 1 >= 0, column + 1 < width { body(output, line + column + 1, weight * right) }
        }
      }
    }
  }
}
