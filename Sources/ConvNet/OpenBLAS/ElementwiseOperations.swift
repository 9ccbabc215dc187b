import Kernels
import Random
import Sizes

/// A ReLU that isn't computed by the layer before it; it works in place.
final class ReLUOperation: Operation {
  private let activations: Tensor
  private let team: ThreadTeam

  init(_ activations: Tensor, team: ThreadTeam) {
    self.activations = activations
    self.team = team
  }

  func forward(count: Int, dropout: DropoutStream?) {
    team.split(count) { [activations] _, pictures in
      for n in pictures { kernels_relu(activations[n].baseAddress!, activations.shape.count) }
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    team.split(count) { [activations] _, pictures in
      for n in pictures {
        kernels_relu_gate(above[n].baseAddress!, activations[n].baseAddress!, activations.shape.count, rule.gates)
      }
    }
  }
}

/// Dropout in place. It does nothing unless the plan trains and is given a random stream.
final class DropoutOperation: Operation {
  private let layer: Dropout
  private let stream: UInt32
  private let firstUnit: Int
  private let activations: Tensor
  private let team: ThreadTeam
  private var mask: [UInt8]
  private var active = false

  /// - Parameters:
  ///   - layerIndex: the index of this layer in the whole net.
  ///   - firstUnit: the number that the first unit here has in the whole layer.
  init(_ layer: Dropout, layerIndex: Int, firstUnit: Int, _ activations: Tensor, purpose: Purpose, team: ThreadTeam)
    throws(MemoryError)
  {
    self.layer = layer
    self.firstUnit = firstUnit
    stream = CounterRandom.Purpose.dropout.rawValue << 24 | UInt32(layerIndex)
    self.activations = activations
    self.team = team
    try MemoryBudget.process.require(activations.count * activations.shape.count, .batch, for: "the dropout mask")
    mask = Array(repeating: 1, count: purpose.trains ? activations.count * activations.shape.count : 0)
  }

  func forward(count: Int, dropout: DropoutStream?) {
    active = dropout != nil && layer.probability > 0
    guard active, let dropout else { return }
    let units = activations.shape.count
    mask.withUnsafeMutableBufferPointer { mask in
      let mask = SharedPointer(mask.baseAddress!)
      team.split(count) { [activations, firstUnit, layer, stream] _, pictures in
        for n in pictures {
          kernels_dropout(
            activations[n].baseAddress!, mask.pointer + n * units, firstUnit, units, layer.probability, dropout.seed, stream,
            UInt64(bitPattern: Int64(dropout.samples[n])))
        }
      }
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    guard active else { return }
    let scale = 1 / (1 - layer.probability)
    mask.withUnsafeMutableBufferPointer { mask in
      let mask = SharedPointer(mask.baseAddress!)
      team.split(count * activations.shape.count, grain: 1024) { _, range in
        let at = range.lowerBound
        kernels_mask(above.storage.pointer + at, mask.pointer + at, range.count, scale)
      }
    }
  }
}

/// Local response normalisation. It keeps the scale of the forward pass for the backward pass.
final class LocalResponseNormalizationOperation: Operation {
  private let input: Tensor
  private let output: Tensor
  private let scale: Tensor
  private let team: ThreadTeam
  private let geometry: kernels_lrn_geometry
  private let scratch: [FlatBuffer]

  init(_ layer: LocalResponseNormalization, input: Tensor, output: Tensor, team: ThreadTeam) throws(MemoryError) {
    self.input = input
    self.output = output
    self.team = team
    scale = try Tensor(count: input.count, shape: input.shape)
    geometry = kernels_lrn_geometry(
      channels: Int32(input.shape.channels), area: Int32(input.shape.area), size: Int32(layer.size), k: layer.k,
      alpha: layer.alpha, beta: layer.beta)
    scratch = try (0..<team.workers).map { _ throws(MemoryError) in try FlatBuffer(count: input.shape.channels * 64) }
  }

  func forward(count: Int, dropout: DropoutStream?) {
    team.split(count) { [input, output, scale, geometry] _, pictures in
      for n in pictures {
        kernels_lrn(output[n].baseAddress!, scale[n].baseAddress!, input[n].baseAddress!, geometry)
      }
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    guard let below else { return }
    team.split(count) { [input, scale, scratch, geometry] worker, pictures in
      for n in pictures {
        kernels_lrn_backward(
          below[n].baseAddress!, above[n].baseAddress!, input[n].baseAddress!, scale[n].baseAddress!,
          scratch[worker].pointer, geometry)
      }
    }
  }
}
