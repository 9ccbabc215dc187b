import COneDNN
import Kernels

/// A convolution by Winograd's F(4×4, 3×3), in kernels of this project: a quarter of the multiplications, a little more rounding.
///
/// It takes kernels of 3×3, and of 5×5 and 6×6 as 3×3 over four copies of the input that are shifted by 3, of stride 1, and
/// activations in blocks of 16 channels, as its neighbours have them. In bfloat16 what is multiplied is rounded after it was
/// transformed, and sums are float32. Results don't depend on the number of threads, nor a picture's on other pictures.
struct Winograd {
  private let geometry: kernels_winograd
  private let batch: Int
  private let team: ThreadTeam

  /// Nil where it would not save much, or can't be used.
  init?(kernel: Int, padding: Int, filters: Int, input: Shape, output: Shape, program: OneDNNProgram) {
    guard program.winograd, kernel == 3 || kernel == 5 || kernel == 6 else { return nil }
    let copies = kernel > 3 ? 2 : 1
    func blocks(_ channels: Int) -> Int { (channels + program.block - 1) / program.block }
    let tiles = (output.height + 3) / 4 * ((output.width + 3) / 4)
    let blockPairs = blocks(input.channels) * blocks(filters)
    let products = 36.0 * Double(tiles * copies * copies * blockPairs * program.block * program.block)
    let direct = Double(kernel * kernel) * Double(output.height * output.width) * Double(input.channels * filters)
    guard products <= 0.7 * direct else { return nil }
    geometry = kernels_winograd(
      channels: Int32(input.channels), height: Int32(input.height), width: Int32(input.width), filters: Int32(filters),
      output_height: Int32(output.height), output_width: Int32(output.width), kernel: Int32(kernel), padding: Int32(padding),
      copies: Int32(copies), half: program.type == dnnl_bf16 ? 1 : 0)
    batch = program.batch
    team = program.team
  }

  /// Leaves what packs the weights when they have changed, `[K, C, kernel, kernel]`.
  /// - Parameter transposed: for the gradient by the input.
  private func packed(_ weights: Memory, transposed: Bool, _ place: LayerPlace) throws -> Memory {
    let panel = Int(kernels_winograd_panel(transposed ? geometry.channels : geometry.filters))
    let columns = Int(transposed ? blocked(geometry.channels) * geometry.copies * geometry.copies : blocked(geometry.filters))
    let count = kernels_winograd_packed(geometry, transposed ? 1 : 0)
    let packed = try Memory(MemoryDescriptor([count], dnnl_f32, dnnl_x))
    place.packing { _ in
      team.split(columns, grain: panel) { _, range in
        kernels_winograd_pack(
          packed.pointer, weights.floats, geometry, transposed ? 1 : 0, Int32(range.lowerBound), Int32(range.upperBound))
      }
    }
    return packed
  }

  /// Working memory of each worker.
  private func scratch(_ count: Int, _ program: OneDNNProgram) throws
    -> @Sendable (_ worker: Int) -> UnsafeMutablePointer<Float>
  {
    let memory = try program.scratchpad.memory(MemoryDescriptor([count * team.workers], dnnl_f32, dnnl_x))
    return { memory.floats + $0 * count }
  }

  private func blocked(_ channels: Int32) -> Int32 { (channels + 15) / 16 * 16 }

  /// Cuts pictures, and where they are too few for the workers channels too, into parts, and runs `body` for each.
  private func eachPart(
    _ channels: Int32, _ body: @Sendable (_ worker: Int, _ part: kernels_winograd_part) -> Void
  ) {
    let together = Int(kernels_winograd_pictures(geometry))
    let groups = (batch + together - 1) / together
    let panel = Int(kernels_winograd_panel(channels))
    let panels = Int(blocked(channels)) / panel
    let cuts = min(panels, (team.workers + groups - 1) / groups)
    team.split(groups * cuts) { worker, items in
      for item in items {
        let (group, cut) = (item / cuts, item % cuts)
        let part = kernels_winograd_part(
          first_picture: Int32(group * together), last_picture: Int32(min((group + 1) * together, batch)),
          first: Int32(panels * cut / cuts * panel), last: Int32(panels * (cut + 1) / cuts * panel))
        body(worker, part)
      }
    }
  }

  /// Leaves the forward pass, with the ReLU if wanted.
  func compileForward(
    _ source: Memory, weights: Memory, biases: Memory, into target: Memory, relu: Bool, multiplyAdds: Int, _ place: LayerPlace
  ) throws {
    let packed = try packed(weights, transposed: false, place)
    let scratch = try scratch(kernels_winograd_scratch(geometry, 0), place.program)
    place.forward(multiplyAdds: multiplyAdds) { _ in
      eachPart(geometry.filters) { worker, part in
        kernels_winograd_forward(
          target.pointer, source.pointer, packed.pointer, biases.floats, relu ? 1 : 0, geometry, part, scratch(worker))
      }
    }
  }

  /// Leaves the gradient by the input.
  func compileInputGradient(
    _ signal: Memory, weights: Memory, into below: Memory, multiplyAdds: Int, _ place: LayerPlace
  ) throws {
    let packed = try packed(weights, transposed: true, place)
    let scratch = try scratch(kernels_winograd_scratch(geometry, 1), place.program)
    place.backward(.inputGradient, multiplyAdds: multiplyAdds) { _ in
      eachPart(geometry.channels) { worker, part in
        kernels_winograd_input_gradient(below.pointer, signal.pointer, packed.pointer, geometry, part, scratch(worker))
      }
    }
  }

  /// Leaves the gradients by the weights `[K, C, kernel, kernel]` and by the biases.
  func compileParameterGradients(
    _ source: Memory, _ signal: Memory, weights: Memory, biases: Memory, multiplyAdds: Int, _ place: LayerPlace
  ) throws {
    let (channels, filters) = weightPart
    let scratch = try scratch(kernels_winograd_weight_scratch(geometry, channels, filters), place.program)
    let across = (blocked(geometry.channels) + channels - 1) / channels
    let down = (blocked(geometry.filters) + filters - 1) / filters
    place.backward(.parameterGradient, multiplyAdds: multiplyAdds) { _ in
      team.split(Int(geometry.copies * geometry.copies * across * down)) { worker, items in
        for item in items {
          let (copy, channel, filter) = (Int32(item) / (across * down), Int32(item) / down % across, Int32(item) % down)
          let part = kernels_winograd_weights(
            copy: copy, first_channel: channel * channels,
            last_channel: min((channel + 1) * channels, blocked(geometry.channels)), first_filter: filter * filters,
            last_filter: min((filter + 1) * filters, blocked(geometry.filters)))
          kernels_winograd_weight_gradient(
            weights.floats, source.pointer, signal.pointer, Int32(batch), geometry, part, scratch(worker))
        }
      }
      team.split(Int(blocked(geometry.filters)) / 16) { _, blocks in
        for block in blocks {
          kernels_winograd_bias_gradient(biases.floats, signal.pointer, Int32(batch), geometry, Int32(block))
        }
      }
    }
  }

  /// Channels and filters of one part of the weights' gradients: as large as the second-level cache likes, and enough parts for all.
  private var weightPart: (channels: Int32, filters: Int32) {
    var channels = min(blocked(geometry.channels), 128)
    var filters = min(blocked(geometry.filters), 128)
    func parts() -> Int {
      Int(
        geometry.copies * geometry.copies * ((blocked(geometry.channels) + channels - 1) / channels)
          * ((blocked(geometry.filters) + filters - 1) / filters))
    }
    while parts() % team.workers != 0, parts() < 4 * team.workers, max(channels, filters) > 16 {
      if filters >= channels { filters = (filters / 16 + 1) / 2 * 16 } else { channels = (channels / 16 + 1) / 2 * 16 }
    }
    return (channels, filters)
  }
}
