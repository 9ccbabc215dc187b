import Checkpoint
import Testing

@testable import Trainer

@Suite("Going on with a run")
struct ResumingTests {
  private let data = TrainingData(trainPictures: 200, validationPictures: 40, trainListing: "a", validationListing: "b")

  private func progress(_ sample: Int, _ data: TrainingData?) -> TrainingProgress {
    TrainingProgress(
      step: 25, sample: sample, learningRate: LearningRateState(rate: 1, bestError: 0.3, epochsSinceBest: 2, plateauError: 0.31),
      data: data)
  }

  @Test("the same pictures, or a checkpoint that doesn't say which, change nothing")
  func samePictures() {
    for before in [data, nil] {
      let change = ChangedData(from: before, to: data)
      #expect(change.differences.isEmpty)
      var found = progress(510, before)
      #expect(change.apply(to: &found).isEmpty)
      #expect(found == progress(510, data))
    }
  }

  @Test("every change of the pictures is named")
  func differences() {
    var now = data
    now.trainListing = "c"
    #expect(ChangedData(from: data, to: now).differences == ["other names or labels of the 200 training pictures"])
    now.trainPictures = 100
    #expect(ChangedData(from: data, to: now).differences == ["200 → 100 training pictures"])
    now.validationListing = "d"
    #expect(ChangedData(from: data, to: now).differences.count == 2)
    (now.validationPictures, now.validationListing) = (0, "")
    #expect(ChangedData(from: data, to: now).differences.last == "40 → 0 validation pictures")
  }

  @Test("with other training pictures the epochs that are done stay done", arguments: [100, 199, 201, 400, 7])
  func otherTrainingPictures(_ count: Int) {
    var now = data
    (now.trainPictures, now.trainListing) = (count, "c")
    for sample in [0, 1, 199, 200, 510, 1199, 1200] {
      var found = progress(sample, data)
      let notes = ChangedData(from: data, to: now).apply(to: &found)
      #expect(notes.count == 1)
      #expect(found.sample / count == sample / 200, "\(sample) → \(found.sample)")
      #expect(found.learningRate == progress(sample, data).learningRate)
    }
  }

  @Test("with other validation pictures no error is compared with earlier ones")
  func otherValidationPictures() {
    var now = data
    now.validationListing = "d"
    var found = progress(510, data)
    #expect(ChangedData(from: data, to: now).apply(to: &found).count == 1)
    #expect(found.sample == 510 && found.learningRate == LearningRateState(rate: 1))
  }

  @Test("what a changed batch and a changed number of epochs lead to is said")
  func consequences() {
    var (before, now) = (TrainingOptions(), TrainingOptions())
    (before.epochs, before.batch) = (6, 20)
    (now.epochs, now.batch) = (12, 40)
    var notes = now.consequences(of: before, at: progress(500, data), trainingPictures: 200)
    #expect(notes.count == 2 && notes[0].contains("after 500 pictures, at epoch 2.50"), "\(notes)")
    #expect(notes[1].contains("plateau doesn't depend on it"), "\(notes)")
    (before.schedule, now.schedule) = (.poly, .poly)
    notes = now.consequences(of: before, at: progress(600, data), trainingPictures: 200)
    #expect(notes[1].contains("0.0075 from here on instead of 0.005"), "\(notes)")
    #expect(now.consequences(of: now, at: progress(600, data), trainingPictures: 200).isEmpty)
  }
}

@Suite("The best checkpoint")
struct BestCheckpointTests {
  private func epoch(_ step: Int, _ error: Double) -> BestCheckpoint.Epoch { .init(step: step, error: error) }

  @Test("what is said to be the best is what was written, and what was lost is told apart")
  func lost() {
    var best = BestCheckpoint()
    #expect(best.isBetter(0.9))
    best.wrote(epoch(10, 0.5))
    #expect(!best.isBetter(0.5) && best.isBetter(0.4))
    best.failed(epoch(20, 0.3))
    #expect(best.saved == epoch(10, 0.5) && best.lost == epoch(20, 0.3))
    // Better than what is there, though not than what was lost.
    #expect(best.isBetter(0.4))
    best.wrote(epoch(30, 0.4))
    #expect(best.saved == epoch(30, 0.4) && best.lost == epoch(20, 0.3))
    best.failed(epoch(40, 0.35))
    #expect(best.lost == epoch(20, 0.3))
    // Tried again, and written.
    best.wrote(epoch(20, 0.3))
    #expect(best.saved == epoch(20, 0.3) && best.lost == nil)
  }

  @Test("a run that goes on knows of an error that is better than what is there")
  func resumed() {
    #expect(BestCheckpoint(saved: epoch(10, 0.5), lowest: 0.5).lost == nil)
    #expect(BestCheckpoint(saved: epoch(10, 0.5), lowest: 0.3).lost?.error == 0.3)
    #expect(BestCheckpoint(saved: nil, lowest: 0.3).lost?.error == 0.3)
    #expect(BestCheckpoint().isBetter(1))
  }
}
