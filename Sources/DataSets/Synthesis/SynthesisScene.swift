import Foundation
import Images
import Random

/// A made picture that is being drawn: [side, side, 3] floats, RGB 0–255.
struct SyntheticScene {
  let side: Int
  private var pixels: [SIMD3<Float>]
  /// True for the pixels of which the object covers at least half.
  private(set) var object: [Bool]
  private var random: CounterRandom

  /// Makes a cluttered background: soft noise in random colours, and small distracting blobs and strokes in the objects' colours.
  init(side: Int, random: CounterRandom) {
    self.side = side
    self.random = random
    pixels = [SIMD3<Float>](repeating: SIMD3(), count: side * side)
    object = [Bool](repeating: false, count: side * side)
    drawNoise()
    for _ in 0..<(1 + self.random.index(below: 3)) { drawDistractor(size: 0.09...0.17) }
    for _ in 0..<(5 + self.random.index(below: 6)) { drawDistractor(size: 0.03...0.09) }
  }

  private mutating func randomColour() -> SIMD3<Float> { SIMD3(random.uniform(), random.uniform(), random.uniform()) }

  /// Draws smooth noise of three scales around a random colour.
  private mutating func drawNoise() {
    let base = randomColour() * 150 + 50
    for (cells, strength) in [(3, Float(62)), (7, 40), (17, 22)] {
      let grid = (0..<((cells + 1) * (cells + 1))).map { _ -> SIMD3<Float> in
        let grey = random.uniform() - 0.5
        return (randomColour() - 0.5 + SIMD3(repeating: grey)) * strength
      }
      let scale = Float(cells) / Float(side)
      for y in 0..<side {
        let v = Float(y) * scale
        let row = Int(v)
        let dv = Self.smooth(v - Float(row))
        for x in 0..<side {
          let u = Float(x) * scale
          let column = Int(u)
          let du = Self.smooth(u - Float(column))
          let corner = row * (cells + 1) + column
          let upper = grid[corner] + (grid[corner + 1] - grid[corner]) * du
          let lower = grid[corner + cells + 1] + (grid[corner + cells + 2] - grid[corner + cells + 1]) * du
          pixels[y * side + x] += upper + (lower - upper) * dv
        }
      }
    }
    for index in pixels.indices { pixels[index] += base }
  }

  private static func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }

  /// Draws an ellipse or a stroke in the colours of any class, but in no class's shape.
  ///
  /// - Parameter share: Its size as a share of the side.
  private mutating func drawDistractor(size share: ClosedRange<Float>) {
    let palette = SyntheticColour.allCases
    // Half of them have the colours of the first classes, so that the presence of these colours tells nothing.
    let colour = palette[random.index(below: random.uniform() < 0.5 ? 3 : palette.count)]
    let other = random.uniform() < 0.5 ? colour.tone : colour.rgb
    let size = Float(side) * random.uniform(in: share)
    let stretch = random.uniform() < 0.5 ? random.uniform(in: 1.6...2.6) : random.uniform(in: 4...9)
    let centre = SIMD2(random.uniform(), random.uniform()) * Float(side)
    let angle = random.uniform() * 2 * .pi
    let light = random.uniform(in: 0.6...1.1)
    let period = random.uniform(in: 0.3...0.8)
    draw(centre: centre, radius: size * stretch.squareRoot(), angle: angle) { x, y in
      let across = y * stretch
      if x * x + across * across > 1 { return nil }
      return (Int((x / period).rounded(.down)) & 1 == 0 ? colour.rgb : other) * light
    }
  }

  /// Draws the class's object anywhere inside the picture, with 25–65 % of the side, rotated, and lit from one side.
  ///
  /// - Returns: The box around the pixels of which it covers at least half, which `object` then tells.
  mutating func drawObject(_ kind: SyntheticClass, wnid: String) -> BoundingBox {
    let radius = Float(side) * random.uniform(in: 0.25...0.65) / 2
    let room = max(0, Float(side) - 2 * radius)
    let centre = SIMD2(repeating: radius) + SIMD2(random.uniform(), random.uniform()) * room
    let angle = random.uniform() * 2 * .pi
    let turn = random.uniform() * 2 * .pi
    let light = random.uniform(in: 0.65...1.15)
    let shade = random.uniform(in: 0...0.22)
    let tint = (randomColour() - 0.5) * 36
    let first = kind.colour.rgb + tint
    let second = (kind.second?.rgb ?? kind.colour.tone) + tint
    let (cosine, sine) = (cosf(turn), sinf(turn))
    var covered = object
    draw(centre: centre, radius: radius, angle: angle, covering: &covered) { x, y in
      guard kind.shape.contains(x, y) else { return nil }
      let colour = kind.texture.isSecond(cosine * x - sine * y, sine * x + cosine * y) ? second : first
      return colour * (light * (1 - shade * (x + y)))
    }
    object = covered
    let pixels = covered.indices.filter { covered[$0] }
    let (columns, rows) = (pixels.map { $0 % side }, pixels.map { $0 / side })
    return BoundingBox(
      wnid: wnid, xmin: columns.min() ?? side, ymin: rows.min() ?? side, xmax: columns.max() ?? -1, ymax: rows.max() ?? -1)
  }

  private mutating func draw(
    centre: SIMD2<Float>, radius: Float, angle: Float, paint: (Float, Float) -> SIMD3<Float>?
  ) {
    var covered = [Bool](repeating: false, count: side * side)
    draw(centre: centre, radius: radius, angle: angle, covering: &covered, paint: paint)
  }

  /// Paints a rotated figure of the given radius with 3×3 samples per pixel, and marks the pixels of which it covers at least half.
  /// `paint` gets places in the figure's own frame.
  private mutating func draw(
    centre: SIMD2<Float>, radius: Float, angle: Float, covering marked: inout [Bool],
    paint: (Float, Float) -> SIMD3<Float>?
  ) {
    let (cosine, sine) = (cosf(angle) / radius, sinf(angle) / radius)
    let rows = max(0, Int(centre.y - radius - 1))..<max(0, min(side, Int(centre.y + radius + 2)))
    let columns = max(0, Int(centre.x - radius - 1))..<max(0, min(side, Int(centre.x + radius + 2)))
    for row in rows {
      for column in columns {
        var sum = SIMD3<Float>()
        var covered: Float = 0
        for sample in 0..<9 {
          let x = Float(column) + (Float(sample % 3) + 0.5) / 3 - centre.x
          let y = Float(row) + (Float(sample / 3) + 0.5) / 3 - centre.y
          guard let colour = paint(cosine * x + sine * y, cosine * y - sine * x) else { continue }
          sum += colour
          covered += 1
        }
        if covered == 0 { continue }
        let index = row * side + column
        pixels[index] = pixels[index] * (1 - covered / 9) + sum / 9
        if covered >= 4.5 { marked[index] = true }
      }
    }
  }

  /// The finished picture, in a light that isn't quite white and with a little noise, as from a camera.
  mutating func picture() -> Picture {
    let count = side * side
    let cast = SIMD3<Float>(repeating: 0.86) + randomColour() * 0.28
    var bytes = [UInt8](repeating: 0, count: count * 3)
    for index in 0..<count {
      let noise = random.next32()
      // The sum of two uniform numbers; scaled below, its standard deviation is about 3.
      let sum = Int(noise & 0xFF) + Int(noise >> 8 & 0xFF) - 255
      let grain = Float(sum) * 0.03
      let value = pixels[index] * cast + grain
      for channel in 0..<3 { bytes[index * 3 + channel] = UInt8(min(255, max(0, value[channel] + 0.5))) }
    }
    return Picture(width: side, height: side, pixels: bytes)
  }
}
