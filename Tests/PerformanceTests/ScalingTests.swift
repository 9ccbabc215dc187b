import Cluster
import ConvNet
import Foundation
import Testing

@testable import Performance

@Suite("The model of a step on many nodes") struct ScalingTests {
  /// 58.6 M of cnn-f's 60.8 M parameters are fully connected; their inputs are 9216 + 4096 + 4096 values a picture.
  private func model(bandwidth: Double, latency: Double = 0, seconds: Double = 1) throws -> StepModel {
    var model = StepModel(
      try Preset.cnnF.network(classes: 1000), pictures: 64, threads: 2, aloneSeconds: seconds, bandwidth: bandwidth,
      latency: latency)
    model.memoryRate = .infinity
    model.addedBytesPerSecond = .infinity
    return model
  }

  @Test("Alone a step is what it is, whatever the network")
  func alone() throws {
    #expect(try model(bandwidth: 1).step(ranks: 1, .replicated, .float32).seconds == 1)
  }

  @Test("Replicated: all gradients there and back, less what a part of the computing hides")
  func replicated() throws {
    let network = try Preset.cnnF.network(classes: 1000)
    // Over 100 MB/s two ranks send 2·(1/2) of the gradients' bytes each.
    let sum = 4 * Double(network.parameterCount) / 1e8
    #expect(abs(try model(bandwidth: 1e8).step(ranks: 2, .replicated, .float32).seconds - (1 + sum - StepModel.hidden)) < 1e-9)
    #expect(
      abs(try model(bandwidth: 1e8).step(ranks: 2, .replicated, .bfloat16).seconds - (1 + sum / 2 - StepModel.hidden)) < 1e-9)
    #expect(try model(bandwidth: 1e10).step(ranks: 16, .replicated, .float32).seconds == 1)
  }

  @Test("However fast the network is, gradients are added up")
  func adding() throws {
    var model = try model(bandwidth: .infinity)
    model.addedBytesPerSecond = 4e9
    let network = try Preset.cnnF.network(classes: 1000)
    let step = model.step(ranks: 2, .replicated, .bfloat16)
    #expect(abs(step.waitSeconds - Double(network.parameterCount) / 1e9) < 1e-9)
  }

  @Test("Sharded: activations there and gradients back; the convolutions' gradients are hidden")
  func sharded() throws {
    let step = try model(bandwidth: 1e8).step(ranks: 2, .sharded, .float32)
    let exchange = 0.5 * 128 * Double(2 * (9216 + 4096 + 4096) * 4) / 1e8
    #expect(abs(step.waitSeconds - exchange) < 1e-9)
    // Six exchanges and three small messages, one after the other.
    let late = try model(bandwidth: 1e8, latency: 0.001).step(ranks: 2, .sharded, .float32)
    #expect(abs(late.waitSeconds - exchange - 0.009) < 1e-9)
    var half = try model(bandwidth: 1e8)
    half.computesInBFloat16 = true
    #expect(abs(half.step(ranks: 2, .sharded, .float32).waitSeconds - 0.75 * exchange) < 1e-9)
  }

  @Test("Few nodes on a slow network shard, a thousand don't: activations grow with the nodes, gradients don't")
  func crossover() throws {
    let slow = try model(bandwidth: 1.25e8)
    func isSharded(_ ranks: Int) -> Bool {
      slow.step(ranks: ranks, .sharded, .float32).seconds < slow.step(ranks: ranks, .replicated, .float32).seconds
    }
    #expect(isSharded(2) && isSharded(8) && !isSharded(512))
    #expect(slow.canShard(ranks: 1000) && !slow.canShard(ranks: 1001))
  }

  @Test("The table has a row a way, and the chart a curve a way")
  func table() throws {
    let table = ScalingTable(try model(bandwidth: 1.25e8), nodes: [1, 2, 2048], ranksPerNode: 1)
    #expect(table.rows.count == 1 + 4 + 2 && table.lines.count == 8)
    #expect(table.rows[0].efficiency == 1 && table.rows[0].imagesPerSecond == 64)
    #expect(table.rows.allSatisfy { $0.efficiency <= 1 + 1e-12 })
    let chart = ScalingChart(table, title: "a < b").svg()
    func count(_ text: String) -> Int { chart.components(separatedBy: text).count - 1 }
    #expect(count("<path class=\"curve") == 8, "four curves and their keys")
    #expect(count("<title>") == 10 && count("a &lt; b") == 2)
    #expect(try JSONDecoder().decode([ScalingTable.Row].self, from: Data(table.json().utf8)).count == 7)
  }
}
