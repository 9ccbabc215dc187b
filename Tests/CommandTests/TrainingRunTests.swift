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

  // Direct convolution: under an erased rectangle the first ReLU's input is exactly its bias, 0 at first, and Winograd's
  // rounding, which differs from batch size to batch size, opens or closes the gate there.
  @Test("1 × 8, 2 × 4 and 4 × 2 pictures give the same updates", arguments: ["openblas", "onednn"])
  func ranks(backend: String) throws {
    let how = ["--backend", backend, "--convolution", "direct"]
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

  @Test("a run that lost a rank to kill -9 ends at once, and goes on to the same end")
  func killedRank() throws {
    let whole = try train("undisturbed", ranks: 2, steps: 3000, ["--checkpoint-every", "40steps"])
    let arguments = tiny.training("killed", steps: 3000, ["--checkpoint-every", "40steps"])
    let running = try startUnderMPI(ranks: 2, tool: "deepinside", arguments: arguments)
    let checkpoint = tiny.newest("killed")
    let deadline = Date(timeIntervalSinceNow: 60)
    while !FileManager.default.fileExists(atPath: checkpoint), Date() < deadline { usleep(10_000) }
    let victim = try #require(pids(withArgument: tiny.folder.path("killed")).max(), "\(running.output)")
    kill(victim, SIGKILL)
    let killed = Date()
    let result = running.wait(timeout: 30)
    #expect(result.exitCode != 0 && Date().timeIntervalSince(killed) < 5, "\(result)")
    #expect(result.output.contains("rank"), "the message names the rank: \(result)")

    let resumed = try train("killed", ranks: 2, steps: 3000, ["--checkpoint-every", "40steps"])
    #expect(memcmp(resumed.store.values.pointer, whole.store.values.pointer, whole.store.values.count * 4) == 0)
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
    let result = running.wait(timeout: 30)
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

  /// The processes whose command line has this argument, mpirun left out.
  private func pids(withArgument argument: String) -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap(pid_t.init).filter { pid in
      guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
      let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.contains(argument) && words.first?.hasSuffix("/deepinside") == true
    }
  }
}
