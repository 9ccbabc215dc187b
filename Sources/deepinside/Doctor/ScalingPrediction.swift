import Foundation

/// What more nodes would give, from figures measured on these.
///
/// A step of n nodes takes what a node computes, and what of the all-reduce is left after the backward pass has hidden its part:
/// the gradients of the fully connected layers, 96 % of all, are on their way before the convolutions' backward pass begins.
///
///     step = compute + max(0, reduce − hidden·compute)
///     reduce = 2(n−1)/n · bytes / bandwidth + 2(n−1) · latency · chunks
///
/// Source: Patarasu and Yuan, *Bandwidth optimal all-reduce algorithms for clusters of workstations* (2009), for reduce.
struct ScalingPrediction {
  /// Seconds of a step of one node, all of its ranks together, without other nodes.
  let computeSeconds: Double
  /// Pictures of a step of one node.
  let pictures: Int
  let parameterCount: Int
  /// Bytes a second, seconds.
  let bandwidth, latency: Double

  /// The part of a step that is the backward pass of the convolutions.
  static let hidden = 0.6
  static let chunkBytes = 4 << 20

  enum Mode: String, CaseIterable {
    case float32, bfloat16

    var bytesPerGradient: Int { self == .float32 ? 4 : 2 }
  }

  /// The bandwidth of a link, given how many bytes of gradients a second its nodes have summed up.
  static func bandwidth(_ reduceRate: Double, nodes: Int) -> Double { reduceRate * 2 * Double(nodes - 1) / Double(nodes) }

  func reduceSeconds(nodes: Int, _ mode: Mode) -> Double {
    guard nodes > 1 else { return 0 }
    let bytes = Double(parameterCount * mode.bytesPerGradient)
    let chunks = (Double(parameterCount * 4) / Double(Self.chunkBytes)).rounded(.up)
    return 2 * Double(nodes - 1) / Double(nodes) * bytes / bandwidth + 2 * Double(nodes - 1) * latency * chunks
  }

  func stepSeconds(nodes: Int, _ mode: Mode) -> Double {
    computeSeconds + max(0, reduceSeconds(nodes: nodes, mode) - Self.hidden * computeSeconds)
  }

  /// Rows of 1, 2, 4, 8 and 16 nodes.
  var table: [String] {
    ["  nodes  wire        ms a step    img/s   efficiency"]
      + [1, 2, 4, 8, 16].flatMap { nodes in
        (nodes == 1 ? [.float32] : Mode.allCases).map { mode in
          let step = stepSeconds(nodes: nodes, mode)
          return String(format: "  %5d  ", nodes) + mode.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0)
            + String(
              format: "%11.0f %8.0f   %8.0f %%", 1000 * step, Double(nodes * pictures) / step, 100 * computeSeconds / step)
        }
      }
  }
}
