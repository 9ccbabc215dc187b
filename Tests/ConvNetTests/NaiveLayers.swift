import Foundation

@testable import ConvNet

/// Layers as their formulas say, in Double, one output value after the other: the oracle of the backends.
/// Legend: c, k channels, i, j output position, u, v kernel position.
struct NaiveLayer {
  let layer: AnyLayer
  let input: Shape
  let output: Shape
  var weights: [Double] = []
  var biases: [Double] = []

  init(_ layer: AnyLayer, input: Shape, weights: [Double] = [], biases: [Double] = []) throws {
    self.layer = layer
    self.input = input
    self.weights = weights
    self.biases = biases
    output = try layer.layer.outputShape(for: input)
  }

  struct Gradients {
    var input: [Double]
    var weights: [Double]
    var biases: [Double]
  }

  /// The output of one picture.
  func forward(_ x: [Double]) -> [Double] {
    switch layer {
    case .convolution, .fullyConnected:
      var y = (0..<output.count).map { biases[$0 / output.area] }
      forEachProduct { at, weight, from in y[at] += weights[weight] * x[from] }
      return y
    case .maxPooling: return maxima(x).map { x[$0] }
    case .relu: return x.map { max($0, 0) }
    case .localResponseNormalization(let lrn):
      return x.indices.map { x[$0] * pow(scale(x, $0, lrn), -Double(lrn.beta)) }
    case .dropout: return x
    }
  }

  /// Gradients of Σ dy·y for one picture.
  func backward(_ x: [Double], _ dy: [Double]) -> Gradients {
    var gradients = Gradients(
      input: Array(repeating: 0, count: x.count), weights: weights.map { _ in 0 }, biases: biases.map { _ in 0 })
    switch layer {
    case .convolution, .fullyConnected:
      for at in dy.indices { gradients.biases[at / output.area] += dy[at] }
      forEachProduct { at, weight, from in
        gradients.input[from] += weights[weight] * dy[at]
        gradients.weights[weight] += x[from] * dy[at]
      }
    case .maxPooling: for (at, from) in maxima(x).enumerated() { gradients.input[from] += dy[at] }
    case .relu: gradients.input = x.indices.map { x[$0] > 0 ? dy[$0] : 0 }
    case .localResponseNormalization(let lrn):
      // ∂y[o]/∂x[i] = 1(o = i)·s[o]^−β − β·x[o]·s[o]^(−β−1)·2α·x[i] for i within reach of o.
      for o in x.indices {
        let s = scale(x, o, lrn)
        gradients.input[o] += dy[o] * pow(s, -Double(lrn.beta))
        let common = dy[o] * Double(lrn.beta) * x[o] * pow(s, -Double(lrn.beta) - 1) * 2 * Double(lrn.alpha)
        for i in neighbours(o, lrn) { gradients.input[i] -= common * x[i] }
      }
    case .dropout: gradients.input = dy
    }
    return gradients
  }

  /// Every product of a weight and an input value that a linear layer's output sums: (output, weight, input).
  private func forEachProduct(_ body: (Int, Int, Int) -> Void) {
    switch layer {
    case .fullyConnected:
      for k in 0..<output.count {
        for i in 0..<input.count { body(k, k * input.count + i, i) }
      }
    case .convolution(let conv):
      for k in 0..<output.channels {
        for i in 0..<output.height {
          for j in 0..<output.width {
            for c in 0..<input.channels {
              for u in 0..<conv.kernel {
                for v in 0..<conv.kernel {
                  let (row, column) = (i * conv.stride + u - conv.padding, j * conv.stride + v - conv.padding)
                  guard (0..<input.height).contains(row), (0..<input.width).contains(column) else { continue }
                  body(
                    (k * output.height + i) * output.width + j, ((k * input.channels + c) * conv.kernel + u) * conv.kernel + v,
                    (c * input.height + row) * input.width + column)
                }
              }
            }
          }
        }
      }
    default: preconditionFailure("\(layer) has no products")
    }
  }

  /// For each output of a pooling layer the index of the first largest input.
  private func maxima(_ x: [Double]) -> [Int] {
    guard case .maxPooling(let pool) = layer else { preconditionFailure("\(layer) has no maxima") }
    var result: [Int] = []
    for c in 0..<output.channels {
      for i in 0..<output.height {
        for j in 0..<output.width {
          var best: Int?
          for row in i * pool.stride..<min(i * pool.stride + pool.window, input.height) {
            for column in j * pool.stride..<min(j * pool.stride + pool.window, input.width) {
              let at = (c * input.height + row) * input.width + column
              if best.map({ x[at] > x[$0] }) ?? true { best = at }
            }
          }
          result.append(best!)
        }
      }
    }
    return result
  }

  private func neighbours(_ at: Int, _ lrn: LocalResponseNormalization) -> [Int] {
    let (channel, position) = at.quotientAndRemainder(dividingBy: input.area)
    let half = lrn.size / 2
    return (max(0, channel - half)...min(input.channels - 1, channel + half)).map { $0 * input.area + position }
  }

  private func scale(_ x: [Double], _ at: Int, _ lrn: LocalResponseNormalization) -> Double {
    neighbours(at, lrn).reduce(Double(lrn.k)) { $0 + Double(lrn.alpha) * x[$1] * x[$1] }
  }
}
