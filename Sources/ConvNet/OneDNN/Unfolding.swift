import COneDNN
import Foundation
import Kernels

/// Space to depth: a convolution of stride S > 1 written as another one, of stride 1 and a smaller kernel, over more channels, which is
/// numerically the same net. Each S×S block of pixels becomes S² channels, and the kernel K×K one of ⌈K/S⌉×⌈K/S⌉: conv1 (11×11,
/// stride 4, 3 channels) becomes 3×3 over 48 channels, for which every pass has fast kernels.
///
/// Channel c·S² + dy·S + dx of the unfolded input at (r, q) is `x[c, r·S + dy − padding, q·S + dx − padding]`, 0 outside. Taps of
/// the unfolded kernel that lie beyond the original are zero. Channels are filled up with zeros to whole blocks.
struct Unfolding {
  let layer: Convolution
  let input: Shape
  /// The side of the unfolded kernel.
  let kernel: Int
  /// The shape of the unfolded input.
  let unfolded: Shape
  private let geometry: kernels_unfolding

  init(_ layer: Convolution, input: Shape, output: Shape, block: Int) {
    self.layer = layer
    self.input = input
    kernel = (layer.kernel + layer.stride - 1) / layer.stride
    let channels = input.channels * layer.stride * layer.stride
    unfolded = Shape(
      channels: (channels + block - 1) / block * block, height: output.height + kernel - 1, width: output.width + kernel - 1)
    geometry = kernels_unfolding(
      channels: Int32(input.channels), height: Int32(input.height), width: Int32(input.width), stride: Int32(layer.stride),
      padding: Int32(layer.padding), unfolded_channels: Int32(unfolded.channels), unfolded_height: Int32(unfolded.height),
      unfolded_width: Int32(unfolded.width), block: Int32(block))
  }

  /// Taps that the original has, of those that the unfolded one computes.
  static func usefulness(_ layer: Convolution) -> Double {
    let side = (layer.kernel + layer.stride - 1) / layer.stride * layer.stride
    return Double(layer.kernel * layer.kernel) / Double(side * side)
  }

  /// From plain pictures to as many of the target's; those beyond become zero.
  func unfold(_ source: Tensor, into target: Memory, team: ThreadTeam) {
    let isFloat = target.descriptor.type == dnnl_f32
    team.split(target.descriptor.elements / unfolded.count) { _, pictures in
      for n in pictures {
        let at = n * unfolded.count
        if n >= source.count {
          let bytes = isFloat ? 4 : 2
          memset(target.pointer + at * bytes, 0, unfolded.count * bytes)
        } else if isFloat {
          kernels_space_to_depth(target.floats + at, source.storage.pointer + n * input.count, geometry)
        } else {
          kernels_space_to_depth_bf16(target.halves + at, source.storage.pointer + n * input.count, geometry)
        }
      }
    }
  }

  /// The transpose: the gradient by the unfolded input to the gradient by the pictures.
  func fold(_ source: Memory, into target: Memory, count: Int, team: ThreadTeam) {
    team.split(count) { _, pictures in
      for n in pictures {
        let to = target.floats + n * input.count
        if source.descriptor.type == dnnl_f32 {
          kernels_depth_to_space(to, source.floats + n * unfolded.count, geometry)
        } else {
          kernels_depth_to_space_bf16(to, source.halves + n * unfolded.count, geometry)
        }
      }
    }
  }

  /// Weights `[K, C, kernel, kernel]` to those of the unfolded convolution.
  func unfoldWeights(_ weights: Memory, into target: Memory, team: ThreadTeam) {
    eachFilter(team) { filter in
      kernels_unfold_weights(
        target.floats + filter * unfoldedTaps, weights.floats + filter * taps, Int32(layer.kernel), Int32(kernel), geometry)
    }
  }

  /// Gradients by the unfolded weights to those by the weights.
  func foldWeights(_ gradients: Memory, into target: Memory, team: ThreadTeam) {
    eachFilter(team) { filter in
      kernels_fold_weights(
        target.floats + filter * taps, gradients.floats + filter * unfoldedTaps, Int32(layer.kernel), Int32(kernel), geometry)
    }
  }

  /// Weights a filter.
  private var taps: Int { input.channels * layer.kernel * layer.kernel }
  private var unfoldedTaps: Int { unfolded.channels * kernel * kernel }

  private func eachFilter(_ team: ThreadTeam, _ body: @Sendable (_ filter: Int) -> Void) {
    team.split(layer.filters) { _, filters in
      for filter in filters { body(filter) }
    }
  }
}
