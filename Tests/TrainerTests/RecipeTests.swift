import Checkpoint
import Cluster
import ConvNet
import Foundation
import Report
import Testing

@testable import Trainer

@Suite("The recipe")
struct RecipeTests {
  private func rates(_ kind: ScheduleKind, _ samples: [Int], warmup: WarmUp = WarmUp()) -> [Double] {
    let schedule = LearningRateSchedule(kind, initialRate: 0.8, totalSamples: 100, warmup: warmup)
    return samples.map { schedule.rate(at: $0, batch: 1) }
  }

  private func agree(_ found: [Double], _ expected: [Double]) -> Bool {
    zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 } && found.count == expected.count
  }

  @Test("the rate rises by the same amount with each sample, to the initial rate, and the schedule goes on from there")
  func warmup() {
    let warmup = WarmUp(samples: 20, startRate: 0.1)
    for kind in ScheduleKind.allCases {
      #expect(agree(rates(kind, [0, 9, 19, 20], warmup: warmup), [0.135, 0.45, 0.8, 0.8]), "\(kind)")
    }
    #expect(agree(rates(.poly, [60, 100], warmup: warmup), [0.4, 0]))
    #expect(agree(rates(.cosine, [60, 100], warmup: warmup), [0.4, 0]))
    #expect(agree(rates(.poly, [0, 50], warmup: WarmUp()), [0.8, 0.4]))
    #expect(agree(rates(.step, [0, 33, 34, 67, 99]), [0.8, 0.8, 0.08, 0.008, 0.008]))
  }

  @Test("the rate grows with the batch, and the warm-up starts from the rate that was given")
  func scaling() {
    var options = TrainingOptions()
    (options.batch, options.learningRate, options.schedule) = (1024, 0.01, .constant)
    func rate(_ sample: Int) -> Double { LearningRateSchedule(options, trainingPictures: 4096).rate(at: sample, batch: 1024) }
    #expect(rate(0) == 0.01)
    options.scaleLearningRate = true
    #expect(abs(rate(0) - 0.04) < 1e-12)
    options.warmupEpochs = 2.5
    #expect(LearningRateSchedule(options, trainingPictures: 4096).warmup.samples == 10 * 1024)
    #expect(agree([0, 9, 10].map { rate($0 * 1024) }, [0.013, 0.04, 0.04]))
  }

  @Test("a schedule goes by the samples: whatever the batches, the rate at a place is the same", arguments: ScheduleKind.allCases)
  func places(_ kind: ScheduleKind) {
    var options = TrainingOptions()
    (options.schedule, options.epochs) = (kind, 6)
    var rates: [Double] = []
    for batch in [20, 40, 100] {
      options.batch = batch
      rates.append(LearningRateSchedule(options, trainingPictures: 200).rate(at: 800, batch: batch))
    }
    #expect(Set(rates).count == 1, "\(rates)")
  }

  @Test("the updates that are left cover the samples that are left, and no more than a batch besides")
  func updatesLeft() {
    var options = TrainingOptions()
    for (epochs, pictures, batch) in [(6, 200, 20), (6, 200, 40), (1, 7, 10), (3, 31, 4), (90, 1_281_167, 256)] {
      (options.epochs, options.batch) = (epochs, batch)
      let total = epochs * pictures
      for sample in [0, 1, batch, total / 2, total - 1, total, total + batch] {
        let end = sample + batch * options.updates(from: sample, trainingPictures: pictures)
        #expect(end >= total && (end < total + batch || sample >= total), "\(epochs) \(pictures) \(batch) from \(sample)")
      }
    }
  }

  private func afterErrors(_ errors: [Double], _ state: LearningRateState? = nil) -> LearningRateState {
    var schedule = LearningRateSchedule(.plateau, initialRate: 1, totalSamples: 1_000_000, state: state)
    for (epoch, error) in errors.enumerated() {
      _ = schedule.epochFinished(validationError: error, nextSample: epoch + 1, batch: 1)
    }
    return schedule.state
  }

  @Test("plateau divides by 10 after five epochs without a better error, three times")
  func plateau() {
    let reductions = (1...25).map { afterErrors(Array(repeating: 0.5, count: $0)).reductions }
    #expect(
      reductions == Array(repeating: 0, count: 5) + Array(repeating: 1, count: 5) + Array(repeating: 2, count: 5)
        + Array(repeating: 3, count: 10))
  }

  @Test(
    "an error that falls slowly and steadily is on no plateau; one that only wavers is",
    arguments: [0.0003, 0.0005, 0.0009, 0.01])
  func slowFall(_ fall: Double) {
    #expect(afterErrors((0..<60).map { 0.9 - fall * Double($0) }).reductions == 0)
    // With a wavering twice as large on top.
    #expect(afterErrors((0..<60).map { 0.9 - fall * Double($0) + ($0 % 2 == 0 ? 0 : 2 * fall) }).reductions == 0)
    #expect(afterErrors((0..<60).map { 0.9 + ($0 % 2 == 0 ? 0 : fall) }).reductions == 3)
    // Falling by less than 0.1 points in five epochs.
    #expect(afterErrors((0..<12).map { 0.9 - 0.00015 * Double($0) }).reductions > 0)
  }

  @Test("the state of an older checkpoint goes on from its best error")
  func olderPlateau() throws {
    let old = try JSONDecoder().decode(
      LearningRateState.self, from: Data(#"{"rate": 1, "bestError": 0.5, "epochsSinceBest": 4, "reductions": 1}"#.utf8))
    #expect(afterErrors([0.4995], old).reductions == 2)
    #expect(afterErrors([0.498], old).reductions == 1)
    #expect(afterErrors([0.4995], old).bestError == 0.4995)
  }

  @Test("options of a run that is older than some of them read as if those were by default")
  func olderOptions() throws {
    var options = TrainingOptions()
    (options.batch, options.warmupEpochs) = (31, 0.5)
    #expect(try TrainingOptions(json: options.json()) == options)
    let old = try TrainingOptions(json: #"{"batch": 31, "learningRate": 0.25, "schedule": "poly"}"#)
    #expect(old.batch == 31 && old.learningRate == 0.25 && old.schedule == .poly && old.optimizer == .sgd)
    #expect(options.recipe.differences(from: old.recipe).contains("warmupEpochs: 0.0 → 0.5"))
    #expect(throws: (any Error).self) { try TrainingOptions(json: #"{"batch": "many"}"#) }
    #expect(old.problem == nil && TrainingOptions().problem == nil)
    for (text, problem) in [
      (#"{"epochs": 1000000000000000000}"#, "epochs 1e+18"), (#"{"batch": 0}"#, "batch 0.0"), (#"{"epochs": -1}"#, "epochs -1.0"),
      (#"{"learningRate": -0.1}"#, "learningRate -0.1"), (#"{"crop": 1e9}"#, "crop 1000000000.0"),
      (#"{"shorterSide": 0}"#, "shorterSide 0.0"),
      (#"{"warmupEpochs": 1e300}"#, "warmupEpochs 1e+300"),
    ] {
      #expect(try TrainingOptions(json: text).problem == problem)
    }
  }

  @Test("checkpoint intervals are epochs, steps, minutes or seconds")
  func intervals() {
    let cases: [(String, CheckpointInterval?, String)] = [
      ("1epoch", .epochs(1), "1epoch"), ("500steps", .steps(500), "500steps"), ("10min", .seconds(600), "10min"),
      ("0.5min", .seconds(30), "30s"), ("30s", .seconds(30), "30s"), ("2.5s", .seconds(2.5), "2.5s"), ("0s", nil, ""),
      ("1.5epochs", nil, ""), ("3parsecs", nil, ""), ("min", nil, ""), ("-5s", nil, ""),
    ]
    for (text, interval, description) in cases {
      #expect(CheckpointInterval(text) == interval, "\(text)")
      if let interval { #expect(interval.description == description && CheckpointInterval(description) == interval) }
    }
  }

  @Test("a job is resolved by its network: crop and shorter side; what doesn't fit is wrong use")
  func resolving() throws {
    var job = TrainingJob(data: "none", run: RunFolder("none"))
    job.options.network = "cnn-f-64"
    var run = try ResolvedRun(job, classes: 7)
    #expect(run.network.classCount == 7 && run.options.crop == 64 && run.options.shorterSide == 73)
    (job.shorterSide, job.crop) = (64, 64)
    run = try ResolvedRun(job, classes: 7)
    #expect(run.options.shorterSide == 64)
    #expect(run.options.execution == job.options.execution)
    for change: (inout TrainingJob) -> Void in [
      { $0.crop = 63 }, { $0.shorterSide = 63 }, { $0.options.network = "no such file" },
    ] {
      var wrong = job
      change(&wrong)
      let error = #expect(throws: JobError.self) { try ResolvedRun(wrong, classes: 7) }
      #expect(error?.exitCode == ExitCode.wrongUse, "\(error?.description ?? "")")
    }
  }

  @Test("recipes that differ are told apart by the names of their fields; how a run is carried out doesn't count")
  func differing() {
    var options = TrainingOptions()
    #expect(options.recipe.differences(from: Recipe()).isEmpty)
    (options.batch, options.precision, options.epochs, options.gradientWire) = (32, .bfloat16, 3, .bfloat16)
    #expect(options.recipe.differences(from: Recipe()) == ["batch: 256 → 32", "precision: float32 → bfloat16"])
    var other = Recipe()
    other.seed = .max
    #expect(other.differences(from: Recipe()) == ["seed: 0 → 18446744073709551615"])
  }
}
