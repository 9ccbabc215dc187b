import Checkpoint
import ConvNet
import Foundation
import TestSupport
import Testing
import Trainer

@Suite("Optimizers and starts of a training")
struct OptimizerTests {
  let tiny: TinyData
  /// All that AdamW's runs have beyond SGD's.
  private let adamW = [
    "--optimizer", "adamw", "--initialization", "lsuv", "--clip-norm", "0.5", "--weight-decay", "0.05", "--label-smoothing",
    "0.1", "--ema", "0.9", "--random-resized-crops", "0.3",
  ]

  init() throws { tiny = try TinyData() }

  private func train(_ run: String, ranks: Int, steps: Int, _ more: [String]) throws -> Checkpoint {
    let result = try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: tiny.training(run, steps: steps, batch: 16, more))
    try #require(result.exitCode == 0, "\(result)")
    return try Checkpoint.read(tiny.newest(run), training: true)
  }

  /// The values and everything that the training keeps.
  private func buffers(_ checkpoint: Checkpoint) -> [FlatBuffer] { [checkpoint.store.values] + checkpoint.store.kept }

  private func haveSameBits(_ a: Checkpoint, _ b: Checkpoint) -> Bool {
    let (a, b) = (buffers(a), buffers(b))
    return a.count == b.count && zip(a, b).allSatisfy { memcmp($0.pointer, $1.pointer, $0.count * 4) == 0 }
  }

  @Test(
    "With --reduction exact AdamW, clipping and weights of unit variance give the same bits on 1, 2 and 4 ranks",
    arguments: backendOptions)
  func exact(backend: [String]) throws {
    let how = adamW + backend + ["--reduction", "exact"]
    let one = try train("one", ranks: 1, steps: 8, how)
    #expect(one.store.state[.secondMoments]?.all.contains { $0 > 0 } == true)
    for ranks in [2, 4] { #expect(haveSameBits(try train("ranks\(ranks)", ranks: ranks, steps: 8, how), one), "\(ranks) ranks") }
  }

  // On two ranks of one host each updates a share of the weights; sharded, its own rows of the fully connected layers.
  @Test(
    "A run with AdamW that is stopped and goes on has the bits of an undisturbed one",
    arguments: [(1, []), (2, []), (2, ["--fully-connected", "sharded"]), (1, ["--precision", "bfloat16"])] as [(Int, [String])])
  func resume(ranks: Int, how: [String]) throws {
    if how.contains("bfloat16"), BackendChoice.auto.obstacle(to: .bfloat16) != nil { return }
    let whole = try train("whole", ranks: ranks, steps: 10, adamW + how)
    _ = try train("halves", ranks: ranks, steps: 4, adamW + how)
    #expect(haveSameBits(try train("halves", ranks: ranks, steps: 10, adamW + how), whole))
    #expect(try tiny.losses("halves") == tiny.losses("whole"))
  }

  @Test("Shares of weights and sharded layers make the same clipped updates as a single rank, to rounding")
  func ranks() throws {
    let how = adamW + ["--convolution", "direct", "--backend", "openblas"]
    let one = try train("one", ranks: 1, steps: 6, how)
    for (run, mode) in [("shares", "replicated"), ("sharded", "sharded")] {
      let other = try train(run, ranks: 3, steps: 6, how + ["--fully-connected", mode])
      // Sums in another order: rounding of 2⁻²⁴ a term, grown over 6 updates.
      for (a, b) in zip(buffers(other), buffers(one)) { #expect(distance(a, b) < 1e-4, "\(mode)") }
    }
  }

  @Test("--recipe fast says what it does, and options that are given count")
  func fastRecipe() throws {
    let run = tiny.training("fast", steps: 3, batch: 16, ["--recipe", "fast", "--optimizer", "sgd"])
    let result = try runTool("deepinside", run)
    #expect(result.exitCode == 0 && result.output.contains("--recipe fast for"), "\(result)")
    let options = try TrainingOptions(json: Checkpoint.read(tiny.newest("fast")).contents.options)
    var expected = RecipeKind.fast.recipe(network: tiny.network)
    (expected.optimizer, expected.batch, expected.learningRate, expected.crop, expected.shorterSide) = (.sgd, 16, 0.001, 32, 37)
    #expect(options.recipe.differences(from: expected).isEmpty, "\(options.recipe.differences(from: expected))")
    #expect(RecipeKind.paper.recipe(network: Recipe().network) == Recipe())
  }

  // 30 pictures in batches of 16: update 15 ends the eighth epoch.
  @Test("Averages are what a checkpoint has as parameters, what is evaluated, and what jobs use", arguments: [1, 2])
  func averages(ranks: Int) throws {
    let checkpoint = try train("averages", ranks: ranks, steps: 15, ["--ema", "0.9"])
    let plain = try train("plain", ranks: ranks, steps: 15, [])
    #expect(memcmp(checkpoint.store.values.pointer, plain.store.values.pointer, plain.store.values.count * 4) == 0)
    let averages = try #require(checkpoint.store.state[.averages])
    #expect(distance(averages, plain.store.values) > 1e-4)
    let used = try Checkpoint.read(tiny.newest("averages"))
    #expect(memcmp(used.store.values.pointer, averages.pointer, averages.count * 4) == 0)
    let arguments = ["evaluate", "--checkpoint", tiny.newest("averages"), "--data", tiny.data, "--threads", "1"]
    let result = try runTool("deepinside", arguments)
    let error = try #require(checkpoint.contents.progress.validationError)
    #expect(result.output.contains(String(format: "top-1 error %.2f %%", 100 * error)), "\(error): \(result)")
  }

  @Test("A run goes on with the optimizer that it began with, unless told otherwise: then what it keeps begins at zero")
  func otherOptimizer() throws {
    _ = try train("run", ranks: 1, steps: 3, [])
    let arguments = tiny.training("run", steps: 6, batch: 16, ["--optimizer", "adamw"])
    let refused = try runTool("deepinside", arguments)
    #expect(refused.exitCode == 2 && refused.output.contains("optimizer: sgd → adamw"), "\(refused)")
    let changed = try runTool("deepinside", arguments + ["--allow-changed-options"])
    #expect(changed.exitCode == 0 && changed.output.contains("begins at zero"), "\(changed)")
    let checkpoint = try Checkpoint.read(tiny.newest("run"), training: true)
    #expect(checkpoint.contents.progress.optimizerBegan == 3 && checkpoint.store.state.count == 2)
  }
}
