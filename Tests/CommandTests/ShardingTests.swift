import Checkpoint
import ConvNet
import Foundation
import TestSupport
import Testing

@Suite("Sharded fully connected layers")
struct ShardingTests {
  let tiny: TinyData

  init() throws { tiny = try TinyData() }

  /// By direct convolution: over dozens of updates Winograd's rounding, several times as large, sooner or later has another pixel be the
  /// largest of its pooling window, and from there on two trainings differ.
  private func train(_ run: String, ranks: Int, steps: Int = 50, _ more: [String]) throws -> Checkpoint {
    let how = ["--schedule", "constant", "--convolution", "direct"]
    let arguments = tiny.training(run, steps: steps, batch: 16, how + more)
    let result = try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: arguments)
    try #require(result.exitCode == 0, "\(result)")
    return try Checkpoint.read(tiny.newest(run), training: true)
  }

  @Test(
    "50 updates agree with those of a replicated net to 1e-4, with dropout", arguments: [2, 3],
    backendOptions + [["--micro-batch", "2"]])
  func agrees(ranks: Int, how: [String]) throws {
    let replicated = try train("replicated", ranks: ranks, how + ["--fully-connected", "replicated"])
    let sharded = try train("sharded", ranks: ranks, how + ["--fully-connected", "sharded"])
    #expect(distance(sharded.store.values, replicated.store.values) < 1e-4)
    #expect(distance(sharded.store.velocity, replicated.store.velocity) < 1e-4)
    let (losses, expected) = (try tiny.losses("sharded"), try tiny.losses("replicated"))
    #expect(losses.count == 50 && expected.allSatisfy { abs(losses[$0]! - $1) <= 1e-4 * $1 }, "\(losses)")
  }

  @Test("A rank may have no picture of a batch")
  func fewPictures() throws {
    func train(_ mode: String) throws -> Checkpoint {
      let arguments = tiny.training(mode, steps: 4, batch: 2, ["--fully-connected", mode])
      let result = try runUnderMPI(ranks: 3, tool: "deepinside", arguments: arguments)
      try #require(result.exitCode == 0, "\(result)")
      return try Checkpoint.read(tiny.newest(mode), training: true)
    }
    #expect(distance(try train("sharded").store.values, try train("replicated").store.values) < 1e-5)
  }

  @Test("A run goes on in the other mode, and on another number of ranks")
  func resumes() throws {
    let whole = try train("whole", ranks: 1, steps: 20, [])
    _ = try train("parts", ranks: 2, steps: 7, ["--fully-connected", "sharded"])
    _ = try train("parts", ranks: 3, steps: 13, ["--fully-connected", "sharded"])
    _ = try train("parts", ranks: 2, steps: 17, ["--fully-connected", "replicated"])
    let parts = try train("parts", ranks: 3, steps: 20, ["--fully-connected", "sharded"])
    #expect(distance(parts.store.values, whole.store.values) < 1e-4)
    #expect(distance(parts.store.velocity, whole.store.velocity) < 1e-4)
  }

  @Test("bfloat16 on the wire is the same training to its rounding")
  func wire() throws {
    let how = ["--fully-connected", "sharded", "--backend", "openblas"]
    // Two updates: later a unit that is on in one training and off in the other counts for more than any rounding.
    let full = try train("full", ranks: 2, steps: 2, how)
    let half = try train("half", ranks: 2, steps: 2, how + ["--gradient-wire", "bfloat16"])
    let own = distance(half.store.velocity, full.store.velocity)
    // Activations and gradients are rounded to 2⁻⁸ in each of three layers, to and fro.
    #expect(own < 0x1p-5 && own > 1e-5, "\(own)")
  }

  @Test("auto says why it chose; layers of a few kilobytes stay where they are")
  func auto() throws {
    let result = try runUnderMPI(ranks: 2, tool: "deepinside", arguments: tiny.training("auto", steps: 2))
    #expect(
      result.exitCode == 0 && result.output.contains("layers replicated: inside one host a step is expected to take"), "\(result)"
    )
  }

  @Test(
    "What can't be sharded is refused with what to change",
    arguments: [
      (4, [], "fc3 has 3 outputs for 4 ranks"), (2, ["--reduction", "exact"], "--reduction exact sums whole gradients"),
      (2, ["--optimizer", "lars"], "--optimizer lars needs the norms"),
    ])
  func refused(ranks: Int, how: [String], message: String) throws {
    let arguments = tiny.training("refused", steps: 2, batch: 16, ["--fully-connected", "sharded"] + how)
    let result = try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: arguments)
    #expect(result.exitCode == 2 && result.output.contains(message), "\(result)")
  }

  @Test("A training that diverges on one rank's rows ends on all, and says where")
  func diverges() throws {
    let arguments = tiny.training("wild", steps: 40, batch: 16, ["--fully-connected", "sharded", "--learning-rate", "1e20"])
    let result = try runUnderMPI(ranks: 3, tool: "deepinside", arguments: arguments)
    #expect(result.exitCode == 1 && result.output.contains("has diverged"), "\(result)")
  }
}
