import Checkpoint
import ConvNet
import Foundation
import TestSupport
import Testing

@Suite("Reductions of a training")
struct ReductionTests {
  let tiny: TinyData

  init() throws { tiny = try TinyData() }

  private func train(_ run: String, ranks: Int, steps: Int = 8, _ more: [String]) throws -> Checkpoint {
    let arguments = tiny.training(run, steps: steps, batch: 16, more)
    let result = try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: arguments)
    try #require(result.exitCode == 0, "\(result)")
    return try Checkpoint.read(tiny.newest(run), training: true)
  }

  @Test(
    "--reduction exact gives the same bits on 1, 2, 4 and 8 ranks",
    arguments: backendOptions + [["--backend", "openblas", "--micro-batch", "1"]])
  func exact(how: [String]) throws {
    let how = how + ["--reduction", "exact"]
    let one = try train("one", ranks: 1, how)
    for ranks in [2, 4, 8] {
      let several = try train("ranks\(ranks)", ranks: ranks, how)
      #expect(memcmp(one.store.values.pointer, several.store.values.pointer, one.store.values.count * 4) == 0, "\(ranks) ranks")
      #expect(
        memcmp(one.store.velocity.pointer, several.store.velocity.pointer, one.store.velocity.count * 4) == 0, "\(ranks) ranks")
    }
  }

  @Test("exact and fast are the same training to rounding")
  func exactAndFast() throws {
    let how = ["--backend", "openblas"]
    let fast = try train("fast", ranks: 2, how)
    let exact = try train("exact", ranks: 2, how + ["--reduction", "exact"])
    // Sums over pictures in another order: rounding of 2⁻²⁴ a term, grown over 8 updates.
    #expect(distance(exact.store.values, fast.store.values) < 1e-5)
  }

  @Test("bfloat16 on the wire is the same training to its rounding")
  func wire() throws {
    let how = ["--backend", "openblas"]
    // Two updates: later a unit that is on in one training and off in the other counts for more than any rounding.
    let full = try train("full", ranks: 3, steps: 2, how)
    let half = try train("half", ranks: 3, steps: 2, how + ["--gradient-wire", "bfloat16"])
    let own = distance(half.store.velocity, full.store.velocity)
    // Two roundings of 2⁻⁸ a gradient at most, and something must have been rounded.
    #expect(own < 0x1p-7 && own > 1e-5, "\(own)")
  }

  @Test(
    "What exact can't do is refused with what to change",
    arguments: [
      (3, ["--reduction", "exact"], "3 ranks can't share"), (1, ["--reduction", "exact", "--micro-batch", "5"], "--micro-batch"),
      (2, ["--reduction", "exact", "--gradient-wire", "bfloat16"], "--gradient-wire bfloat16 rounds"),
    ])
  func refused(ranks: Int, how: [String], message: String) throws {
    let arguments = tiny.training("refused", steps: 2, batch: 16, how)
    let result = try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: arguments)
    #expect(result.exitCode == 2 && result.output.contains(message), "\(result)")
  }
}
