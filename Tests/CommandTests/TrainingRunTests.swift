import Checkpoint
import ConvNet
import Foundation
import TestSupport
import Testing

@Suite("Training runs")
struct TrainingRunTests {
  let tiny: TinyData

  init() throws { tiny = try TinyData() }

  /// ‖a − b‖ / ‖b‖ of a parameter.
  private func distance(_ a: FlatBuffer, _ b: FlatBuffer, _ range: Range<Int>) -> Double {
    var (difference, norm) = (0.0, 0.0)
    for index in range {
      difference += pow(Double(a.pointer[index]) - Double(b.pointer[index]), 2)
      norm += pow(Double(b.pointer[index]), 2)
    }
    return (difference / max(norm, 1e-30)).squareRoot()
  }

  private func train(_ run: String, ranks: Int, steps: Int, _ more: [String] = []) throws -> Checkpoint {
    let result = try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: tiny.training(run, steps: steps, more))
    try #require(result.exitCode == 0, "\(result)")
    return try Checkpoint.read(tiny.newest(run), training: true)
  }

  // 30 pictures in batches of 8: step 6 lies in the middle of the second epoch, whose third batch straddles two epochs.
  @Test("2N steps are N steps, a stop, and N more, bit for bit", arguments: [1, 2])
  func resume(ranks: Int) throws {
    let whole = try train("whole", ranks: ranks, steps: 12)
    _ = try train("halves", ranks: ranks, steps: 6)
    let halves = try train("halves", ranks: ranks, steps: 12)
    #expect(halves.contents.progress == whole.contents.progress)
    for (name, a, b) in [
      ("values", halves.store.values, whole.store.values), ("velocity", halves.store.velocity, whole.store.velocity),
    ] {
      #expect(memcmp(a.pointer, b.pointer, a.count * 4) == 0, "\(name) differ")
    }
    #expect(try tiny.losses("halves") == tiny.losses("whole"))
  }

  @Test("a new run folder that goes on from a file waits for nothing, and compares with that file's best error")
  func resumeElsewhere() throws {
    _ = try train("first", ranks: 1, steps: 4)
    let result = try runUnderMPI(
      ranks: 1, tool: "deepinside", arguments: tiny.training("second", steps: 8, ["--resume", tiny.newest("first")]))
    #expect(result.exitCode == 0 && !result.output.contains("waiting for"), "\(result)")
  }

  // Direct convolution: under an erased rectangle the first ReLU's input is exactly its bias, 0 at first, and Winograd's
  // rounding, which differs from batch size to batch size, opens or closes the gate there.
  @Test("1 × 8, 2 × 4 and 4 × 2 pictures give the same updates", arguments: backendOptions)
  func ranks(backend: [String]) throws {
    let how = backend + ["--convolution", "direct"]
    let one = try train("one", ranks: 1, steps: 8, how)
    for ranks in [2, 3, 4] {
      let several = try train("ranks\(ranks)", ranks: ranks, steps: 8, how)
      for parameter in one.store.parameters {
        // Sums over pictures in another order: rounding of 2⁻²⁴ a term, grown over 8 updates.
        let own = distance(several.store.values, one.store.values, parameter.range)
        #expect(own < 1e-5, "\(parameter.name) on \(ranks) ranks: \(own)")
      }
    }
  }

  // 7 pictures on 2, 3 and 4 ranks: shares that differ; 3 on 4 ranks: one has none; in parts of 2 or 1, some of them empty.
  @Test("any batch on any number of ranks in any parts gives the same updates", arguments: [7, 3])
  func uneven(batch: Int) throws {
    func train(_ run: String, ranks: Int, _ more: [String]) throws -> Checkpoint {
      let how = ["--backend", "openblas", "--convolution", "direct"]
      let result = try runUnderMPI(
        ranks: ranks, tool: "deepinside", arguments: tiny.training(run, steps: 8, batch: batch, how + more))
      try #require(result.exitCode == 0, "\(result)")
      return try Checkpoint.read(tiny.newest(run), training: true)
    }
    let whole = try train("whole", ranks: 1, [])
    let losses = try tiny.losses("whole")
    for (ranks, part) in [(1, "2"), (1, "1"), (2, "99"), (3, "2"), (4, "99"), (4, "1")] {
      let run = "ranks\(ranks)-\(part)"
      let found = try train(run, ranks: ranks, ["--micro-batch", part])
      for parameter in whole.store.parameters {
        // Rounding of 2⁻²⁴ a term, grown over 8 updates.
        let own = distance(found.store.values, whole.store.values, parameter.range)
        #expect(own < 1e-5, "\(parameter.name) on \(ranks) ranks in parts of \(part): \(own)")
      }
      for (step, loss) in try tiny.losses(run) { #expect(abs(loss - losses[step]!) < 1e-5 * losses[step]!, "\(run)") }
    }
  }

  @Test("a run that diverges stops, names the layer, and leaves the checkpoints as they were", arguments: [1, 2])
  func divergence(ranks: Int) throws {
    _ = try train("diverged", ranks: ranks, steps: 4)
    let before = try Checkpoint.read(tiny.newest("diverged"), training: true)
    let arguments = tiny.training(
      "diverged", steps: 40, ["--learning-rate", "1e30", "--allow-changed-options", "--checkpoint-every", "1steps"])
    // Of the same option given twice the last counts.
    let result = try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: arguments)
    #expect(result.exitCode == 1 && result.output.contains("has diverged"), "\(result)")
    let layers = ["conv1", "norm1", "pool1", "fc2", "fc3"].flatMap { ["activations of \($0)", "gradients of \($0)/"] }
    #expect(layers.contains { result.output.contains("no finite numbers are the \($0)") }, "\(result)")
    #expect(result.output.contains("--learning-rate"), "\(result)")
    let files = try FileManager.default.contentsOfDirectory(atPath: tiny.folder.path("diverged/checkpoints"))
    #expect(!files.contains { $0.contains("partial") }, "\(files)")
    for file in files where file.hasSuffix(".h5") {
      let checkpoint = try Checkpoint.read(tiny.folder.path("diverged/checkpoints/\(file)"), training: true)
      #expect(checkpoint.store.values.all.allSatisfy { $0.isFinite } && checkpoint.store.velocity.all.allSatisfy { $0.isFinite })
    }
    #expect(try Checkpoint.read(tiny.folder.path("diverged/checkpoints/step-00000004.h5")).digest == before.digest)
  }

  // A limit on the size of files stands in for a full disk: writing fails in the same way, and it needs no rights. It is set once
  // the run is under way, since MPI starts with larger files; the output goes through a pipe, which has no size.
  @Test("while checkpoints can't be written the run goes on with warnings; what was there stays, and the run can go on from it")
  func fullDisk() throws {
    let arguments = tiny.training("full", steps: 100_000, ["--epochs", "100000", "--checkpoint-every", "0.05s"])
    let running = try RunningProcess(
      ["bash", "-c", "trap '' XFSZ; set -o pipefail; \"$@\" 2>&1 | cat", "bash", try builtTool("deepinside")] + arguments)
    func wait(_ condition: () -> Bool) {
      let deadline = Date(timeIntervalSinceNow: 60)
      while !condition(), Date() < deadline { usleep(5000) }
    }
    wait { FileManager.default.fileExists(atPath: tiny.newest("full")) }
    let pid = try #require(rankProcesses(withArgument: tiny.folder.path("full")).first, "\(running.output)")
    // A checkpoint has 105 kB.
    let limit = try RunningProcess(["prlimit", "--pid", "\(pid)", "--fsize=65536"]).wait()
    try #require(limit.exitCode == 0, "\(limit)")
    wait { running.output.contains("warning at step") }
    usleep(200_000)
    kill(pid, SIGUSR1)
    let result = running.wait()
    #expect(result.exitCode == 1, "\(result)")
    #expect(result.output.contains(": cannot write checkpoint") && result.output.contains("goes on"), "\(result)")
    #expect(result.output.contains("deepinside: cannot write checkpoint"), "\(result)")
    let files = try FileManager.default.contentsOfDirectory(atPath: tiny.folder.path("full/checkpoints"))
    #expect(!files.contains { $0.contains("partial") }, "\(files)")
    for file in files { _ = try Checkpoint.read(tiny.folder.path("full/checkpoints/\(file)"), training: true) }
    let step = try Checkpoint.readHeader(tiny.newest("full")).contents.progress.step
    let resumed = try train("full", ranks: 1, steps: step + 6, ["--epochs", "100000"])
    let whole = try train("whole", ranks: 1, steps: step + 6, ["--epochs", "100000"])
    #expect(memcmp(resumed.store.values.pointer, whole.store.values.pointer, whole.store.values.count * 4) == 0)
    #expect(try tiny.losses("full") == tiny.losses("whole"))
  }

  @Test("a recipe of its own trains, is kept with the run, and may not change unnoticed")
  func recipe() throws {
    let how = [
      "--optimizer", "lars", "--lars-coefficient", "0.02", "--warmup-epochs", "1", "--scale-learning-rate", "--schedule",
      "cosine",
      "--bias-rate-factor", "1", "--initialization", "he", "--learning-rate", "4",
    ]
    let result = try runTool("deepinside", tiny.training("recipe", steps: 12, how))
    try #require(result.exitCode == 0, "\(result)")
    let options = try Checkpoint.readHeader(tiny.newest("recipe")).contents.options
    for word in ["\"optimizer\":\"lars\"", "\"warmupEpochs\":1", "\"initialization\":\"he\""] {
      #expect(options.contains(word), "\(options)")
    }
    let refused = try runTool("deepinside", tiny.training("recipe", steps: 14))
    #expect(refused.exitCode == 2 && refused.output.contains("optimizer: lars → sgd"), "\(refused)")
    for wrong in [["--warmup-epochs", "-1"], ["--lars-coefficient", "0"], ["--optimizer", "hope"], ["--micro-batch", "0"]] {
      #expect(try runTool("deepinside", tiny.training("wrong", steps: 1, wrong)).exitCode == 2, "\(wrong)")
    }
  }

  @Test("a run that lost ranks to kill -9 ends at once each time, and goes on to the same end")
  func killedRank() throws {
    // Long enough for all three deaths on a fast machine.
    let (steps, long) = (1000, ["--epochs", "100000"])
    let often = long + ["--checkpoint-every", "0.1s"]
    let whole = try train("undisturbed", ranks: 2, steps: steps, long)
    for (turn, delay) in [30_000, 170_000, 110_000].enumerated() {
      let earlier = (try? Checkpoint.readHeader(tiny.newest("killed")).contents.progress.step) ?? 0
      let running = try startUnderMPI(ranks: 2, tool: "deepinside", arguments: tiny.training("killed", steps: steps, often))
      // Into the writing of the second checkpoint or later: at whatever moment that is.
      let deadline = Date(timeIntervalSinceNow: 60)
      while Date() < deadline,
        (try? Checkpoint.readHeader(tiny.newest("killed")).contents.progress.step).map({ $0 <= earlier }) ?? true
      { usleep(5000) }
      usleep(UInt32(delay))
      let victims = rankProcesses(withArgument: tiny.folder.path("killed"))
      let victim = try #require(turn == 1 ? victims.min() : victims.max(), "\(running.output)")
      kill(victim, SIGKILL)
      let killed = Date()
      let result = running.wait()
      #expect(result.exitCode != 0 && Date().timeIntervalSince(killed) < 5, "\(result)")
      #expect(result.output.contains("rank"), "the message names the rank: \(result)")
    }
    let resumed = try train("killed", ranks: 2, steps: steps, often)
    #expect(resumed.contents.progress == whole.contents.progress)
    for (a, b) in [(resumed.store.values, whole.store.values), (resumed.store.velocity, whole.store.velocity)] {
      #expect(memcmp(a.pointer, b.pointer, a.count * 4) == 0)
    }
    #expect(try tiny.losses("killed") == tiny.losses("undisturbed"))
  }

  @Test("SIGUSR1 saves a checkpoint and stops with exit code 4, and the same command goes on")
  func stopOnRequest() throws {
    let arguments = tiny.training("stopped", steps: 100_000, ["--epochs", "100000"])
    let running = try RunningProcess([try builtTool("deepinside")] + arguments)
    let deadline = Date(timeIntervalSinceNow: 60)
    while !FileManager.default.fileExists(atPath: tiny.folder.path("stopped/metrics.jsonl")), Date() < deadline { usleep(10_000) }
    usleep(300_000)
    running.signal(SIGUSR1)
    let result = running.wait()
    #expect(result.exitCode == 4, "\(result)")
    let step = try Checkpoint.readHeader(tiny.newest("stopped")).contents.progress.step
    #expect(step > 0)
    // A run whose epochs differ is the same run.
    let more = try runTool("deepinside", tiny.training("stopped", steps: step + 2))
    #expect(more.exitCode == 0, "\(more)")
    #expect(try Checkpoint.readHeader(tiny.newest("stopped")).contents.progress.step == step + 2)
  }

  @Test("a damaged newest checkpoint is skipped, and the run goes on from the one before")
  func damagedCheckpoint() throws {
    let whole = try train("damaged", ranks: 1, steps: 6, ["--checkpoint-every", "2steps"])
    let path = tiny.folder.path("damaged/checkpoints/step-00000006.h5")
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(truncate(path, off_t(size / 2)) == 0)
    let result = try runTool("deepinside", tiny.training("damaged", steps: 6, ["--checkpoint-every", "2steps"]))
    #expect(result.exitCode == 0 && result.output.contains("step-00000006.h5"), "\(result)")
    let again = try Checkpoint.read(tiny.newest("damaged"), training: true)
    #expect(memcmp(again.store.values.pointer, whole.store.values.pointer, whole.store.values.count * 4) == 0)
  }

  @Test("options that would change the run are refused, each by name")
  func changedOptions() throws {
    _ = try train("changed", ranks: 1, steps: 2)
    let arguments = tiny.training("changed", steps: 4, batch: 6, ["--seed", "5"])
    let refused = try runTool("deepinside", arguments)
    #expect(refused.exitCode == 2 && refused.output.contains("batch: 8 → 6, seed: 0 → 5"), "\(refused)")
    let allowed = try runTool("deepinside", arguments + ["--allow-changed-options"])
    #expect(allowed.exitCode == 0, "\(allowed)")
  }
}
