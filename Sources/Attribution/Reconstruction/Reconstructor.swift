import ConvNet
import Images

/// Takes units of a layer back to the pixels: a signal of 1 at the unit goes down under a ReLU rule.
///
/// Under `gradient` that is ∂(activation)/∂I; under `deconvnet` Zeiler and Fergus's reconstruction, which for a signal of the
/// activation's size is this times the activation.
/// Source: Zeiler and Fergus 2013; Simonyan et al. 2013 §4.
package final class Reconstructor {
  package let layer: String
  package let rule: ReLURule
  /// Of the layer's output.
  package let shape: Shape
  package let score: ScoreFunction
  private let layerIndex: Int
  private let images: Tensor
  private let signal: Tensor

  /// - Parameter progress: called before every forward pass.
  /// - Throws: `NetworkError` when there is no such layer.
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

  /// The scores and the layer's activations of up to `batch` inputs of the net.
  ///
  /// - Parameter input: of a slot: `[3, H, W]`, RGB 0–255 with the mean subtracted.
  package func forward(_ count: Int, input: (_ slot: Int) -> [Float]) throws -> (scores: Tensor, activations: Tensor) {
    for slot in 0..<count { _ = images[slot].update(fromContentsOf: input(slot)) }
    let scores = score.scores(of: images.prefix(count))
    return (scores, try score.activations(of: layer))
  }

  /// One unit a picture of the last forward pass, taken back to the pixels: what the unit sees of each.
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
  /// The range, moved into 0 ..< side where it reaches beyond, and cut to it where it is larger: patches of a layer are all of
  /// one size.
  fileprivate static func inside(_ range: Range<Int>, of side: Int) -> Range<Int> {
    let count = min(range.count, side)
    let start = min(max(range.lowerBound, 0), side - count)
    return start..<(start + count)
  }
}

/// What a unit sees of a picture, taken back from its activation.
package struct Patch: Sendable {
  package let unit: LayerUnit
  /// Of the net's input.
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

  /// The same part of the crop.
  package func part(of crop: Picture) throws(ImageError) -> Picture {
    try crop.cropped(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }
}
