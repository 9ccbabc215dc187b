import Checkpoint
import Foundation
import Testing

@testable import Trainer

@Suite("The recipe")
struct RecipeTests {
  private func rates(_ kind: ScheduleKind, _ steps: [Int], warmup: WarmUp = WarmUp()) -> [Double] {
    let schedule = LearningRateSchedule(kind, initialRate: 0.8, totalSteps: 100, warmup: warmup)
    return steps.map { schedule.rate(at: $0) }
  }

  private func agree(_ found: [Double], _ expected: [Double]) -> Bool {
    zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 } && found.count == expected.count
  }

  @Test("the rate rises by the same amount a step, to the initial rate, and the schedule goes on from there")
  func warmup() {
    let warmup = WarmUp(steps: 20, startRate: 0.1)
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
    #expect(LearningRateSchedule(options, totalSteps: 100, trainingPictures: 4096, state: nil).rate(at: 0) == 0.01)
    options.scaleLearningRate = true
    #expect(abs(LearningRateSchedule(options, totalSteps: 100, trainingPictures: 4096, state: nil).rate(at: 0) - 0.04) < 1e-12)
    options.warmupEpochs = 2.5
    let schedule = LearningRateSchedule(options, totalSteps: 100, trainingPictures: 4096, state: nil)
    #expect(schedule.warmup.steps == 10)
    #expect(agree([0, 9, 10].map { schedule.rate(at: $0) }, [0.013, 0.04, 0.04]))
  }

  @Test("plateau divides by 10 after five epochs without a better error, three times")
  func plateau() {
    var schedule = LearningRateSchedule(.plateau, initialRate: 1, totalSteps: 1000)
    let isBest = schedule.epochFinished(validationError: 0.5, nextStep: 1)
    #expect(isBest)
    var rates: [Double] = []
    for epoch in 0..<20 {
      _ = schedule.epochFinished(validationError: 0.5, nextStep: epoch)
      rates.append(schedule.rate(at: epoch))
    }
    #expect(agree([rates[3], rates[4], rates[9], rates[14], rates[19]], [1, 0.1, 0.01, 0.001, 0.001]))
  }

  @Test("options of a run that is older than some of them read as if those were by default")
  func olderOptions() throws {
    var options = TrainingOptions()
    (options.batch, options.warmupEpochs) = (31, 0.5)
    #expect(try TrainingOptions(json: options.json()) == options)
    let old = try TrainingOptions(json: #"{"batch": 31, "learningRate": 0.25, "schedule": "poly"}"#)
    #expect(old.batch == 31 && old.learningRate == 0.25 && old.schedule == .poly && old.optimizer == .sgd)
    #expect(options.differences(from: old).contains("warmupEpochs: 0.0 → 0.5"), "\(options.differences(from: old))")
    #expect(throws: (any Error).self) { try TrainingOptions(json: #"{"batch": "many"}"#) }
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
}
