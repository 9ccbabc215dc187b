import Kernels
import Sizes

/// A ReLU that isn't computed by the layer before it; it works in place.
final class ReLUOperation: Operation {
  let place: OperationPlace

  init(_ place: OperationPlace) { self.place = place }

  func forward(count: Int, dropout: DropoutStream?) {
    place.team.split(count * place.output.shape.count, grain: 1024) { [place] _, range in
      kernels_relu(place.output.storage.pointer + range.lowerBound, range.count)
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    place.gate(above, count: count, rule: rule)
  }
}

/// Dropout in place. It does nothing unless the plan trains and is given a random stream.
final class DropoutOperation: Operation {
  let place: OperationPlace
  private let layer: Dropout
  private var mask: [UInt8]
  private var active = false

  init(_ layer: Dropout, _ place: OperationPlace) throws(MemoryError) {
    self.layer = layer
    self.place = place
    let count = place.output.count * place.step.output.count
    try MemoryBudget.process.require(count, .batch, for: "the dropout mask")
    mask = Array(repeating: 1, count: place.purpose.trains ? count : 0)
  }

  func forward(count: Int, dropout: DropoutStream?) {
    active = dropout != nil && layer.probability > 0
    guard active, let dropout else { return }
    let (units, firstUnit) = (place.step.output.count, place.store.firstUnit)
    let stream = place.store.dropoutStream(ofLayer: place.step.layers.lowerBound)
    mask.withUnsafeMutableBufferPointer { mask in
      let mask = SharedPointer(mask.baseAddress!)
      place.team.split(count) { [place, layer] _, pictures in
        for n in pictures {
          kernels_dropout(
            place.output[n].baseAddress!, mask.pointer + n * units, firstUnit, units, layer.probability, dropout.seed, stream,
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
      place.team.split(count * place.step.output.count, grain: 1024) { _, range in
        let at = range.lowerBound
        kernels_mask(above.storage.pointer + at, mask.pointer + at, range.count, scale)
      }
    }
  }
}

/// Local response normalisation. It keeps the scale of the forward pass for the backward pass.
final class LocalResponseNormalizationOperation: Operation {
  let place: OperationPlace
  private let scale: Tensor
  private let geometry: kernels_lrn_geometry
  private let scratch: [FlatBuffer]

  init(_ layer: LocalResponseNormalization, _ place: OperationPlace) throws(MemoryError) {
    self.place = place
    let shape = place.step.input
    scale = try Tensor(count: place.input.count, shape: shape)
    geometry = kernels_lrn_geometry(
      channels: Int32(shape.channels), area: Int32(shape.area), size: Int32(layer.size), k: layer.k,
      alpha: layer.alpha, beta: layer.beta)
    scratch = try place.buffers(shape.channels * 64)
  }

  func forward(count: Int, dropout: DropoutStream?) {
    place.team.split(count) { [place, scale, geometry] _, pictures in
      for n in pictures {
        kernels_lrn(place.output[n].baseAddress!, scale[n].baseAddress!, place.input[n].baseAddress!, geometry)
      }
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    guard let below else { return }
    place.team.split(count) { [place, scale, scratch, geometry] worker, pictures in
      for n in pictures {
        kernels_lrn_backward(
          below[n].baseAddress!, above[n].baseAddress!, place.input[n].baseAddress!, scale[n].baseAddress!,
          scratch[worker].pointer, geometry)
      }
    }
  }
}
