import Foundation
import Images

/// What is known of a pixel before the cut: one of OpenCV's four kinds, or nothing.
package enum PixelSeed: Sendable {
  /// Certain: the cut can't change the pixel.
  case background, foreground
  /// Probable: the first colour models are fitted to these pixels and to the certain ones.
  case probableBackground, probableForeground
  case unknown

  package var isOfObject: Bool { self == .foreground || self == .probableForeground }
  package var isOfBackground: Bool { self == .background || self == .probableBackground }
}

/// The time that segmentations took, in seconds.
package struct SegmentationSeconds: Sendable {
  /// Fitting colour models, and computing the costs of pixels with them.
  package var models = 0.0
  /// Making the graph and cutting it.
  package var cut = 0.0
}

/// Divides a picture into object and background by colours and edges, with the least cost under GrabCut's energy.
///
/// E = Σ_pixels D(label) + Σ_neighbours γ·exp(−β‖Δcolour‖²) / distance · [labels differ], with D = −log of the label's colour
/// model (× `colourWeight`) and β = 1 / (2·mean‖Δ‖²). The wrong label for a certain pixel costs 9γ **[OpenCV's λ]**. Costs are
/// integers in units of 1/1024.
/// Source: Rother, Kolmogorov & Blake, *GrabCut*, SIGGRAPH 2004, with OpenCV's constants; Boykov & Jolly, ICCV 2001.
struct GraphCutSegmenter: Sendable {
  private static let unit: Float = 1024
  /// The largest cost of a pixel, far from the largest capacity of the graph.
  private static let largestCost: Float = 1e5

  var smoothness: Float = 50
  var colourWeight: Float = 1
  var components = 5
  /// The number of cuts. After each but the last, both colour models are fitted again to the result.
  var rounds = 1

  private let width: Int
  private let height: Int
  private let colours: [SIMD3<Float>]
  /// ‖Δ‖² to the neighbours at (1, 0), (−1, 1), (0, 1), (1, 1): [height, width, 4]; negative if the neighbour is outside.
  private let squares: [Float]
  private let beta: Float
  private static let steps: [(dx: Int, dy: Int)] = [(1, 0), (-1, 1), (0, 1), (1, 1)]

  init(_ picture: Picture) {
    let (width, height) = (picture.width, picture.height)
    let colours = (0..<(width * height)).map { index in
      SIMD3(Float(picture.pixels[index * 3]), Float(picture.pixels[index * 3 + 1]), Float(picture.pixels[index * 3 + 2]))
    }
    var squares = [Float](repeating: -1, count: width * height * 4)
    var (sum, count) = (0.0, 0)
    for y in 0..<height {
      for x in 0..<width {
        for (k, step) in Self.steps.enumerated() where x + step.dx >= 0 && x + step.dx < width && y + step.dy < height {
          let d = colours[y * width + x] - colours[(y + step.dy) * width + x + step.dx]
          let square = (d * d).sum()
          squares[(y * width + x) * 4 + k] = square
          sum += Double(square)
          count += 1
        }
      }
    }
    (self.width, self.height, self.colours, self.squares) = (width, height, colours, squares)
    beta = sum > 0 ? Float(Double(count) / (2 * sum)) : 0
  }

  /// Finds the object's pixels.
  ///
  /// - Parameters:
  ///   - seeds: [height, width].
  ///   - evidence: [height, width], added to the cost of the label background (negative values favour the background).
  /// - Returns: the object's pixels, and a note in words if something went wrong; the mask may then be empty or whole.
  func segment(
    seeds: [PixelSeed], evidence: [Float]? = nil, seconds: inout SegmentationSeconds
  ) -> (mask: PixelMask, note: String?) {
    precondition(seeds.count == colours.count, "\(seeds.count) seeds for \(width)×\(height)")
    var isObject = seeds.map(\.isOfObject)
    var isBackground = seeds.map(\.isOfBackground)
    var note: String?
    for round in 0..<max(rounds, 1) {
      var costs = evidence ?? [Float](repeating: 0, count: colours.count)
      if colourWeight > 0 {
        let (object, background) = timed(&seconds.models) {
          (
            ColourModel(fitting: colours(where: isObject), components: components, seed: 1),
            ColourModel(fitting: colours(where: isBackground), components: components, seed: 2)
          )
        }
        guard let object, let background else {
          note = object == nil ? "no pixel is taken for the object" : "no pixel is taken for the background"
          if round == 0 { isObject = isObject.map { _ in object != nil } }
          break
        }
        timed(&seconds.models) {
          for index in costs.indices {
            costs[index] += colourWeight * (background.cost(colours[index]) - object.cost(colours[index]))
          }
        }
      }
      isObject = timed(&seconds.cut) { cut(costs, seeds) }
      isBackground = isObject.map { !$0 }
    }
    return (PixelMask(width: width, height: height, pixels: isObject), note)
  }

  private func colours(where chosen: [Bool]) -> [SIMD3<Float>] {
    colours.indices.filter { chosen[$0] }.map { colours[$0] }
  }

  /// - Parameter costs: per pixel, the cost of the label background minus the cost of the label object.
  private func cut(_ costs: [Float], _ seeds: [PixelSeed]) -> [Bool] {
    let graph = GridGraph(width: width, height: height)
    let certain = Int32(9 * smoothness * Self.unit)
    for y in 0..<height {
      for x in 0..<width {
        let index = y * width + x
        switch seeds[index] {
        case .foreground: graph.setTerminals(x: x, y: y, source: certain, sink: 0)
        case .background: graph.setTerminals(x: x, y: y, source: 0, sink: certain)
        default:
          let cost = Int32(max(-Self.largestCost, min(Self.largestCost, costs[index])) * Self.unit)
          graph.setTerminals(x: x, y: y, source: max(cost, 0), sink: max(-cost, 0))
        }
        for (k, step) in Self.steps.enumerated() where squares[index * 4 + k] >= 0 {
          let length: Float = step.dx != 0 && step.dy != 0 ? 2 : 1
          let capacity = smoothness * exp(-beta * squares[index * 4 + k]) / length.squareRoot()
          graph.setNeighbours(x: x, y: y, dx: step.dx, dy: step.dy, capacity: Int32(capacity * Self.unit))
        }
      }
    }
    graph.solve()
    return (0..<(width * height)).map { graph.isWithSource(x: $0 % width, y: $0 / width) }
  }
}

/// Runs `body`, and adds the time that it takes to `seconds`.
package func timed<Result>(_ seconds: inout Double, _ body: () throws -> Result) rethrows -> Result {
  let start = ContinuousClock.now
  defer { seconds += (ContinuousClock.now - start) / .seconds(1) }
  return try body()
}
