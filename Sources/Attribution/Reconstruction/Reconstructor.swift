import ConvNet
import Images

/// Takes units of a layer back to the pixels: a signal of 1 at the unit goes down through the net under a ReLU rule.
///
/// Under `gradient` the result is ∂(activation)/∂I. Under `deconvnet`, times the activation, it is Zeiler and Fergus's
/// reconstruction.
/// Source: Zeiler and Fergus 2013; Simonyan et al. 2013 §4.
package final class Reconstructor {
  package let layer: String
  package let rule: ReLURule
  /// The shape of the layer's output.
  package let shape: Shape
  package let score: ScoreFunction
  private let layerIndex: Int
  private let images: Tensor
  private let signal: Tensor

  /// - Parameter progress: called before every forward pass.
  /// - Throws: `NetworkError` if there is no such layer.
  package init(
    _ parameters: ParameterStore, layer: String, rule: ReLURule, batch: Int, compute: ComputeSettings,
    progress: @escaping () -> Void = {}
  ) throws {
    layerIndex = try parameters.network.index(of: layer)
    shape = parameters.network.shapes[layerIndex + 1]
    (self.layer, self.rule) = (layer, rule)
    score = try ScoreFunction(parameters, batch: batch, compute: compute, progress: progress)
    images = try Tensor(count: batch, shape: parameters.network.input)
    signal = try Tensor(count: batch, shape: shape)
  }

  /// Computes the scores and the layer's activations for up to `batch` inputs of the net.
  ///
  /// - Parameter input: gives the input of a slot: `[3, H, W]`, RGB 0–255 with the mean subtracted.
  package func forward(_ count: Int, input: (_ slot: Int) -> [Float]) throws -> (scores: Tensor, activations: Tensor) {
    for slot in 0..<count { _ = images[slot].update(fromContentsOf: input(slot)) }
    let scores = score.scores(of: images.prefix(count))
    return (scores, try score.activations(of: layer))
  }

  /// Takes one unit per picture of the last forward pass back to the pixels, and returns the parts of the pictures that the units
  /// see.
  package func reconstruct(_ units: [LayerUnit]) throws -> [Patch] {
    signal.storage.fill(with: 0)
    for (slot, unit) in units.enumerated() { signal[slot][(unit.channel * shape.height + unit.y) * shape.width + unit.x] = 1 }
    let gradients = try score.gradients(from: layer, signal.prefix(units.count), rule: rule)
    return units.enumerated().map { slot, unit in
      let field = score.network.receptiveField(of: layerIndex, y: unit.y, x: unit.x)
      return Patch(
        unit: unit, rows: Self.inside(field.rows, of: gradients.shape.height),
        columns: Self.inside(field.columns, of: gradients.shape.width), of: gradients[slot], shape: gradients.shape)
    }
  }
}

extension Reconstructor {
  /// The range, moved into 0 ..< side if it reaches beyond, and cut if it is larger, so that all patches of a layer have the same
  /// size.
  fileprivate static func inside(_ range: Range<Int>, of side: Int) -> Range<Int> {
    let count = min(range.count, side)
    let start = min(max(range.lowerBound, 0), side - count)
    return start..<(start + count)
  }
}

/// The part of a picture that a unit sees, reconstructed from its activation.
package struct Patch: Sendable {
  package let unit: LayerUnit
  /// The rows and columns of the net's input that the part covers.
  package let rows: Range<Int>
  package let columns: Range<Int>
  /// `[3, rows, columns]`
  package let values: [Float]

  package var shape: Shape { Shape(channels: 3, height: rows.count, width: columns.count) }

  init(unit: LayerUnit, rows: Range<Int>, columns: Range<Int>, of picture: UnsafeMutableBufferPointer<Float>, shape: Shape) {
    (self.unit, self.rows, self.columns) = (unit, rows, columns)
    var values = [Float](repeating: 0, count: 3 * rows.count * columns.count)
    for channel in 0..<3 {
      for y in rows {
        for x in columns {
          values[(channel * rows.count + y - rows.lowerBound) * columns.count + x - columns.lowerBound] =
            picture[(channel * shape.height + y) * shape.width + x]
        }
      }
    }
    self.values = values
  }

  /// The same part of the crop itself.
  package func part(of crop: Picture) throws(ImageError) -> Picture {
    try crop.cropped(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }
}
