import Cluster
import ConvNet
import Foundation

/// The predicted speed of training on several numbers of nodes, for each way of sharing the work.
public struct ScalingTable: Sendable {
  public struct Row: Sendable, Codable {
    public let nodes: Int
    public let fullyConnected: String
    public let gradientWire: String
    public let stepSeconds: Double
    public let imagesPerSecond: Double
    /// The speed relative to that of equally many nodes that don't need to communicate.
    public let efficiency: Double

    /// The way of sharing in words, such as `sharded, bfloat16`.
    public var how: String { "\(fullyConnected), \(gradientWire)" }
  }

  public let rows: [Row]

  /// - Parameters:
  ///   - model: the model of one rank.
  ///   - nodes: the numbers of nodes, in rising order.
  public init(_ model: StepModel, nodes: [Int], ranksPerNode: Int) {
    let alone = model.step(ranks: 1, .replicated, .float32).seconds
    rows = nodes.flatMap { nodes in
      let ranks = nodes * ranksPerNode
      func row(_ mode: StepModel.Mode, _ wire: GradientWire, _ seconds: Double) -> Row {
        Row(
          nodes: nodes, fullyConnected: mode.rawValue, gradientWire: wire.rawValue, stepSeconds: seconds,
          imagesPerSecond: Double(ranks * model.pictures) / seconds, efficiency: alone / seconds)
      }
      if nodes == 1 { return [row(.replicated, .float32, alone)] }
      return StepModel.Mode.allCases.filter { $0 == .replicated || model.canShard(ranks: ranks) }.flatMap { mode in
        GradientWire.allCases.map { wire in row(mode, wire, model.step(ranks: ranks, mode, wire).seconds) }
      }
    }
  }

  public var lines: [String] {
    ["  nodes  fully connected  wire       ms a step     img/s   efficiency"]
      + rows.map { row in
        String(format: "  %5d  ", row.nodes) + row.fullyConnected.padding(toLength: 17, withPad: " ", startingAt: 0)
          + row.gradientWire.padding(toLength: 9, withPad: " ", startingAt: 0)
          + String(format: "%11.0f %9.0f   %8.0f %%", 1000 * row.stepSeconds, row.imagesPerSecond, 100 * row.efficiency)
      }
  }

  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(rows), as: UTF8.self)
  }
}
