import ConvNet
import Files
import Random

/// (1 / (n p)) Σ P_c(I ⊙ M) · M over n random masks M, with P_c the posterior of the class. Where a mask is 0, the picture is the mean
/// picture.
///
/// A mask is a grid of 7×7 cells, each 1 with the probability p = 1/2, otherwise 0. It is enlarged bilinearly to 8×8 cells' size and cut
/// out at a random offset below one cell. It depends only on the seed, the picture's stream and the mask's number.
/// Source: Petsiuk et al. 2018, *RISE*, §3.2, equation 6, and §3.3.
struct RISE: SaliencyMethod {
  static let cells = 7
  static let probability: Float = 0.5
  let samples: Int
  let seed: UInt64

  init(_ options: SaliencyMethodOptions, _ network: Network) throws {
    samples = try SaliencyMethods.checked("samples", options.samples, default: 4000, in: 1...1 << 20)
    seed = options.seed ?? 0
  }

  var parameters: [String: ParameterValue] {
    [
      "method": .text("rise"), "samples": .number(Double(samples)), "seed": .text("\(seed)"),
      "cells": .number(Double(Self.cells)),
      "probability": .number(Self.probability),
    ]
  }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let (images, shape) = (pictures.images, pictures.images.shape)
    let masked = try Tensor(count: images.count, shape: shape)
    let result = try Tensor(count: images.count, shape: Shape(channels: 1, height: shape.height, width: shape.width))
    for number in 0..<samples {
      let masks = pictures.streams.map { mask(number, stream: $0, shape) }
      for (slot, mask) in masks.enumerated() {
        let (from, to) = (images[slot], masked[slot])
        for i in from.indices { to[i] = from[i] * mask[i % shape.area] }
      }
      let scores = score.scores(of: masked)
      for (slot, mask) in masks.enumerated() {
        let weight = ConvNet.posteriors(scores[slot])[pictures.classes[slot]] / (Float(samples) * Self.probability)
        for i in mask.indices { result[slot][i] += weight * mask[i] }
      }
    }
    return Attributions(.pixels, result)
  }

  private func mask(_ number: Int, stream: UInt64, _ shape: Shape) -> [Float] {
    var random = CounterRandom(seed: seed, purpose: .visualization, epoch: number, sample: Int(bitPattern: UInt(stream)))
    let grid = (0..<(Self.cells * Self.cells)).map { _ in random.uniform() < Self.probability ? Float(1) : 0 }
    let (height, width) = ((shape.height + Self.cells - 1) / Self.cells, (shape.width + Self.cells - 1) / Self.cells)
    let large = Shape(channels: 1, height: (Self.cells + 1) * height, width: (Self.cells + 1) * width)
    let whole = enlarged(grid, Shape(channels: 1, height: Self.cells, width: Self.cells), to: large)
    let (top, left) = (random.index(below: height), random.index(below: width))
    return (0..<shape.height).flatMap { y in
      let start = (top + y) * large.width + left
      return whole[start..<(start + shape.width)]
    }
  }
}
