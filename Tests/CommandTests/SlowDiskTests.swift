import Checkpoint
import Foundation
import TestSupport
import Testing

@Suite("A disk that takes seconds", .enabled(if: FaultyDisk.canBeMade, "there is no C compiler"))
struct SlowDiskTests {
  let tiny: TinyData
  let disk: FaultyDisk

  init() throws {
    tiny = try TinyData()
    disk = try FaultyDisk()
  }

  private func start(_ run: String, ranks: Int, steps: Int, _ more: [String] = []) throws -> RunningProcess {
    try startUnderMPI(
      ranks: ranks, tool: "deepinside", arguments: tiny.training(run, steps: steps, more), environment: disk.environment)
  }

  private func files(_ run: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: tiny.folder.path("\(run)/checkpoints"))) ?? []).sorted()
  }

  @Test(
    "a stop ends with code 4 when the checkpoint of the very step that is named is whole, and the run goes on",
    arguments: [1, 2, 3, 4])
  func stop(ranks: Int) throws {
    try disk.slow(milliseconds: 2000, "step-")
    let process = try start("run", ranks: ranks, steps: 100_000, ["--checkpoint-every", "30min", "--epochs", "90000"])
    #expect(becomesTrue { ((try? tiny.losses("run").count) ?? 0) > 3 })
    process.signal(SIGUSR1)
    let result = process.wait()
    try #require(result.exitCode == 4, "\(result)")
    let named = try #require(result.output.firstMatch(of: /stopped on request at step (\d+), saved in (\S+);/), "\(result)")
    let step = try #require(Int(named.1))
    let saved = try Checkpoint.read(String(named.2), training: true)
    #expect(saved.contents.progress.step == step && saved.contents.progress.sample == 8 * step)
    #expect(
      files("run").contains(CheckpointFolder.fileName(step: step)) && !files("run").contains { $0.hasPrefix(".") },
      "\(files("run"))")
    // What goes on from there ends with the bits of an undisturbed run.
    try disk.mend()
    for run in ["run", "calm"] {
      let more = ["--checkpoint-every", "30min", "--epochs", "90000"]
      let result = try start(run, ranks: ranks, steps: step + 3, more).wait(timeout: 120)
      try #require(result.exitCode == 0, "\(result)")
    }
    let (resumed, calm) = (try Checkpoint.read(tiny.newest("run")), try Checkpoint.read(tiny.newest("calm")))
    #expect(resumed.digest == calm.digest)
    #expect(resumed.contents.progress == calm.contents.progress, "stopped at \(step), \(saved.contents.progress)")
  }

  @Test("a run that diverges ends when the checkpoint in flight is whole, and names it", arguments: [1, 2, 3, 4])
  func divergence(ranks: Int) throws {
    try disk.slow(milliseconds: 2000, "step-")
    let more = ["--checkpoint-every", "1steps", "--warmup-epochs", "1", "--learning-rate", "1e30"]
    let result = try start("run", ranks: ranks, steps: 100, more).wait()
    #expect(result.exitCode == 1 && result.output.contains("diverged"), "\(result)")
    let newest = try #require(files("run").last { $0.hasPrefix("step-") }, "\(result)")
    #expect(
      result.output.contains("The newest checkpoint, \(tiny.folder.path("run/checkpoints/\(newest)")), is from before"),
      "\(result)")
    _ = try Checkpoint.read(tiny.folder.path("run/checkpoints/\(newest)"))
    #expect(result.output.split(separator: "\n").count { $0.contains("has diverged") } == 1, "\(result)")
  }

  @Test("a run that diverges before any checkpoint praises none", arguments: [1, 3])
  func divergenceAtOnce(ranks: Int) throws {
    let result = try start("run", ranks: ranks, steps: 100, ["--learning-rate", "1e30"]).wait()
    #expect(result.exitCode == 1 && result.output.contains("No checkpoint has been written yet"), "\(result)")
  }

  // 30 pictures, batches of 8: epochs end with the updates 4, 8, 12, …
  @Test("a best checkpoint that could not be written is told apart from best.h5")
  func bestIsLost() throws {
    let arguments = ["--learning-rate", "0.003", "--initialization", "he"]
    _ = try start("calm", ranks: 1, steps: 24, arguments).wait()
    let errors = try tiny.validationErrors("calm")
    let best = try #require(errors.min { ($0.error, $0.step) < ($1.error, $1.step) })
    try disk.full("step-\(String(format: "%08d", best.step))")
    let result = try start("run", ranks: 1, steps: 25, arguments + ["--epochs", "7"]).wait()
    #expect(result.exitCode == 0, "\(result)")
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: tiny.folder.path("run/checkpoints/best.h5"))
    let linked = try #require(CheckpointFolder.step(ofName: link))
    #expect(linked != best.step)
    let header = try Checkpoint.readHeader(tiny.folder.path("run/checkpoints/best.h5"))
    #expect(header.contents.progress.validationError == errors.first { $0.step == linked }?.error)
  }

  @Test("a changed batch goes on after the same pictures, twice, and every epoch is measured once")
  func changedBatch() throws {
    for (steps, batch) in [(5, 8), (9, 4), (1000, 11)] {
      let result = try runTool(
        "deepinside",
        [
          "train", "--data", tiny.data, "--network", tiny.network, "--run", tiny.folder.path("run"), "--batch", "\(batch)",
          "--epochs", "4", "--max-steps", "\(steps)", "--learning-rate", "0.001", "--threads", "1", "--allow-changed-options",
          "--schedule", "poly",
        ])
      #expect(result.exitCode == 0, "\(result)")
    }
    // 5 · 8 + 4 · 4 = 56 pictures, and (120 − 56) / 11 updates more.
    let progress = try Checkpoint.readHeader(tiny.newest("run")).contents.progress
    #expect(progress.step == 15 && progress.sample == 56 + 6 * 11)
    #expect(try tiny.validationErrors("run").map(\.step) == [4, 10, 13, 15])
  }

  @Test("other training pictures are refused, and taken when that is asked for")
  func changedData() throws {
    #expect(try start("run", ranks: 1, steps: 5).wait().exitCode == 0)
    let folder = tiny.data + "/train/s00000001"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    for file in files.prefix(4) { try FileManager.default.removeItem(atPath: folder + "/" + file) }
    var result = try start("run", ranks: 2, steps: 9).wait()
    #expect(result.exitCode == 2 && result.output.contains("30 → 26 training pictures"), "\(result)")
    result = try start("run", ranks: 2, steps: 9, ["--allow-changed-options"]).wait()
    #expect(result.exitCode == 0 && result.output.contains("goes on in epoch 2"), "\(result)")
    result = try start("run", ranks: 2, steps: 10).wait()
    #expect(result.exitCode == 0, "\(result)")
  }
}

/// Rank 0 writes what belongs to all results together; the other ranks, which end with an error, must not end the job before.
@Suite("Results on a disk that takes seconds", .enabled(if: FaultyDisk.canBeMade, "there is no C compiler"))
struct SlowResultsTests {
  let tiny: TinyData
  let disk: FaultyDisk

  init() throws {
    tiny = try TinyData()
    disk = try FaultyDisk()
    let made = try runTool("deepinside", tiny.training("run", steps: 4))
    try #require(made.exitCode == 0, "\(made)")
    // An item that fails: all ranks end with code 1.
    try Data("no picture".utf8).write(to: URL(fileURLWithPath: tiny.data + "/val/s00000001/broken.jpg"))
  }

  @Test(
    "an item that fails ends a job when the summary, the page and the tables of the others are whole",
    arguments: [
      ("saliency", ["index.html"]), ("localise", ["index.html", "boxes.csv"]), ("assess", ["index.html", "assessment.html"]),
      ("reconstruct", ["index.html"]), ("reconstruct --top 2", ["index.html", "contact-sheet.png"]),
    ], [2, 3, 4])
  func results(job: (command: String, files: [String]), ranks: Int) throws {
    let words = job.command.split(separator: " ").map(String.init)
    var arguments =
      words + [
        "--checkpoint", tiny.newest("run"), "--images", tiny.data + "/val", "--output", tiny.folder.path("out"), "--threads", "1",
      ]
    if ["localise", "assess"].contains(words[0]) { arguments += ["--annotations", tiny.data + "/Annotations"] }
    if words[0] == "assess" { arguments += ["--methods", "gradient", "--randomised", "0", "--step", "256"] }
    if words[0] == "localise" { arguments += ["--crops", "1", "--box", "centre"] }
    if words[0] == "reconstruct" { arguments += ["--layer", "relu1"] }
    try disk.slow(milliseconds: 700, ["summary.json"] + job.files.filter { !$0.hasSuffix(".png") })
    let result = try runUnderMPI(
      ranks: ranks, tool: "deepinside", arguments: arguments, environment: disk.environment, timeout: 100)
    // The broken picture has no annotation: `assess` leaves it out, and all of its work is whole.
    #expect(result.exitCode == (words[0] == "assess" ? 0 : 1), "\(result)")
    for file in job.files + ["summary.json"] {
      #expect(FileManager.default.fileExists(atPath: tiny.folder.path("out/\(file)")), "\(file): \(result)")
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: tiny.folder.path("out")).filter { $0.contains("partial") }
    #expect(left.isEmpty, "\(left)")
  }
}

extension TinyData {
  /// The validation errors of a run's epochs.
  func validationErrors(_ run: String) throws -> [(step: Int, error: Double)] {
    struct Line: Decodable {
      let kind: String
      let step: Int
      let valTop1Error: Double?
    }
    let text = try String(contentsOfFile: folder.path("\(run)/metrics.jsonl"), encoding: .utf8)
    let lines = try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    return lines.filter { $0.kind == "epoch" }.map { ($0.step, $0.valTop1Error ?? .nan) }
  }
}
