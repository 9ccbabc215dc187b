import COneDNN
import Kernels
import Sizes

/// A ReLU that no layer before it computes: in place.
final class OneDNNReLU: OneDNNLayer {
  let output: Memory
  private let place: LayerPlace

  init(_ place: LayerPlace, input: Memory) throws {
    self.place = place
    let values = try place.inPlanType(input)
    output = values
    let team = place.program.team
    let count = values.descriptor.elements
    let isFloat = values.descriptor.type == dnnl_f32
    place.forward { _ in
      team.split(count, grain: 1024) { _, range in
        if isFloat {
          kernels_relu(values.floats + range.lowerBound, range.count)
        } else {
          kernels_relu_bf16(values.halves + range.lowerBound, range.count)
        }
      }
    }
  }

  func compileBackward(above: Memory, wantsBelow: Bool) throws -> Memory? {
    try place.gated(above, by: output)
  }
}

/// Dropout; nothing unless the plan trains and is given a stream. It works in the plain layout, in place where the input has it:
/// the masks are those of every other backend.
final class OneDNNDropout: OneDNNLayer {
  let output: Memory
  private let place: LayerPlace
  private let layer: Dropout
  private let mask: UnsafeMutableBufferPointer<UInt8>
  private var active = false

  init(_ layer: Dropout, _ place: LayerPlace, input: Memory) throws {
    self.layer = layer
    self.place = place
    let training = place.program.purpose.trains && layer.probability > 0
    let units = place.input.count
    let size = training ? CheckedSize.product(place.program.batch, units) : 0
    try MemoryBudget.process.require(size, .batch, for: "the dropout mask of \(place.name)")
    mask = .allocate(capacity: size ?? 0)
    mask.initialize(repeating: 1)
    guard training else {
      output = input
      return
    }
    let values = try place.forwardInput(input, as: OneDNNDropout.plain(input, place))
    output = values
    let stream = place.program.parameters.dropoutStream(ofLayer: place.step.layers.lowerBound)
    let team = place.program.team
    let isFloat = values.descriptor.type == dnnl_f32
    let mask = SharedPointer(mask.baseAddress!)
    let probability = layer.probability
    let first = place.program.parameters.firstUnit
    place.forward { [unowned self] state in
      active = state.dropout != nil
      guard let dropout = state.dropout else { return }
      team.split(state.count) { _, pictures in
        for n in pictures {
          let sample = UInt64(bitPattern: Int64(dropout.samples[n]))
          if isFloat {
            kernels_dropout(
              values.floats + n * units, mask.pointer + n * units, first, units, probability, dropout.seed, stream, sample)
          } else {
            kernels_dropout_bf16(
              values.halves + n * units, mask.pointer + n * units, first, units, probability, dropout.seed, stream, sample)
          }
        }
      }
    }
  }

  deinit { mask.deallocate() }

  private static func plain(_ memory: Memory, _ place: LayerPlace) throws -> MemoryDescriptor {
    let flat = try MemoryDescriptor([place.program.batch, place.input.count], memory.descriptor.type, dnnl_ab)
    return try memory.descriptor == flat
      ? flat : MemoryDescriptor(plain: place.program.batch, place.input, memory.descriptor.type)
  }

  func compileBackward(above: Memory, wantsBelow: Bool) throws -> Memory? {
    guard !mask.isEmpty else { return above }
    let signal = try place.signal(above, as: output.descriptor)
    let units = place.input.count
    let scale = 1 / (1 - layer.probability)
    let team = place.program.team
    let isFloat = signal.descriptor.type == dnnl_f32
    let mask = SharedPointer(mask.baseAddress!)
    place.backward(.inputGradient) { [unowned self] state in
      guard active else { return }
      team.split(state.count * units, grain: 1024) { _, range in
        let at = range.lowerBound
        if isFloat {
          kernels_mask(signal.floats + at, mask.pointer + at, range.count, scale)
        } else {
          kernels_mask_bf16(signal.halves + at, mask.pointer + at, range.count, scale)
        }
      }
    }
    return signal
  }
}
