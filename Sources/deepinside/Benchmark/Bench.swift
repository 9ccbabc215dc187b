import Attribution
import Checkpoint
import Cluster
import ConvNet
import Data
import Foundation
import Images
import Random
import Trainer
import Visualize

/// The result of one measurement.
struct BenchResult {
  let ranks: Int
  var imagesPerSecond: Double?
  var bytesPerSecond: Double?
  /// What was measured: the backend, or the kind of bytes.
  let note: String
  /// The number of rounds that the times in `layers` are summed over.
  var rounds = 0
  var layers: [LayerTime] = []
}

/// Measures parts of the program's work on all ranks at once, each for a given time after a warm-up.
struct Bench {
  let network: Network
  let batch: Int
  let seconds: Double
  let settings: ComputeSettings
  let communicator: Communicator
  var gradientWire = GradientWire.float32
  var fullyConnected = FullyConnectedMode.replicated

  // MARK: - Passes of the network

  func train(timesLayers: Bool) throws -> BenchResult {
    let bench = try TrainingBench(
      network, batch: batch, compute: settings, gradientWire: gradientWire, fullyConnected: fullyConnected,
      communicator: communicator)
    let rounds = try repeated(before: { bench.timesLayers = timesLayers }, bench.step)
    let how = communicator.size > 1 ? ", fully connected layers \(bench.isSharded ? "sharded" : "replicated")" : ""
    return BenchResult(
      ranks: communicator.size, imagesPerSecond: rounds.perSecond * Double(batch * communicator.size),
      note: bench.description + how, rounds: rounds.count, layers: timesLayers ? bench.layerTimes : [])
  }

  func inference(timesLayers: Bool) throws -> BenchResult {
    let bench = try PlanBench(self, purpose: .inference)
    return try passes(bench, timesLayers) { _ = bench.plan.forward(bench.images) }
  }

  func saliency(timesLayers: Bool) throws -> BenchResult {
    let bench = try PlanBench(self, purpose: .inputGradient)
    for n in 0..<batch { bench.gradient[n][n % network.classCount] = 1 }
    return try passes(bench, timesLayers) {
      _ = bench.plan.forward(bench.images)
      bench.plan.backward(from: bench.gradient)
    }
  }

  /// Measures picture-steps of the paper's ascent.
  func classModels() throws -> BenchResult {
    let store = try ParameterStore(network, training: false)
    Initialization.gaussian.fill(store, seed: 0)
    let steps = 16
    let ascent = try ClassModelAscent(
      store, mean: [Float](repeating: 120, count: network.input.count), options: .paper(iterations: steps), batch: batch,
      compute: settings)
    let classes = (0..<batch).map { $0 % network.classCount }
    let rounds = try repeated { _ = try ascent.run(classes: classes, progress: { Activity.enter(.item, step: $0) }) }
    // The last score of a trace takes one more forward pass, which is 3 % of 16 steps.
    return BenchResult(
      ranks: communicator.size, imagesPerSecond: rounds.perSecond * Double(batch * steps * communicator.size),
      note: "picture-steps")
  }

  private func passes(_ bench: PlanBench, _ timesLayers: Bool, _ round: () throws -> Void) throws -> BenchResult {
    let rounds = try repeated(before: { bench.plan.timesLayers = timesLayers }, round)
    return BenchResult(
      ranks: communicator.size, imagesPerSecond: rounds.perSecond * Double(batch * communicator.size),
      note: bench.plan.backendDescription, rounds: rounds.count, layers: timesLayers ? bench.plan.layerTimes : [])
  }

  // MARK: - Everything else

  /// Measures the decoding of JPEGs of 500×375 to mean-subtracted crops of the network's input, with one thread per rank.
  func decode() throws -> BenchResult {
    let picture = Picture(width: 500, height: 375) { pixels in
      var random = CounterRandom(seed: 0, purpose: .test)
      // Smooth ramps with noise give a file about as large as a photograph of that size.
      for index in pixels.indices {
        let (x, y) = (index / 3 % 500, index / 1500)
        pixels[index] = UInt8(truncatingIfNeeded: (x + y * (index % 3 + 1)) / 5 + random.index(below: 24) + 40)
      }
    }
    let file = try picture.encodedJPEG(quality: 90)
    let crop = network.input.width
    let geometry = try InputGeometry(crop: crop)
    let mean = [Float](repeating: 120, count: network.input.count)
    let target = try Tensor(count: 1, shape: network.input)
    let decoder = try PictureDecoder()
    let resizer = Resizer()
    let rounds = try repeated {
      for _ in 0..<16 {
        let picture = try file.withUnsafeBytes { try geometry.prepare($0, name: "the benchmark's", decoder: decoder) }
        let centre = InputTransform(geometry.places(.centre, in: picture.size)[0])
        geometry.write(picture, centre, mean: mean, resizer: resizer, to: target[0].baseAddress!)
      }
    }
    return BenchResult(
      ranks: communicator.size, imagesPerSecond: rounds.perSecond * Double(16 * communicator.size),
      note: "JPEG 500×375 of \(file.count >> 10) KiB, one thread per rank")
  }

  /// Measures the sum of the network's gradients over the ranks.
  func allReduce() throws -> BenchResult {
    let store = try ParameterStore(network)
    let reducer = try GradientReducer(store.gradients.all, communicator: communicator, reduction: gradientWire.reduction)
    let rounds = try repeated {
      reducer.start(0..<store.gradients.count)
      try reducer.finish()
    }
    return BenchResult(
      ranks: communicator.size, bytesPerSecond: rounds.perSecond * Double(store.gradients.count * 4),
      note: communicator.size == 1 ? "one rank: nothing to sum" : "gradients summed")
  }

  /// Measures the writing of a checkpoint with velocity to the temporary folder, until it is on the disk; only rank 0.
  func checkpoint() throws -> BenchResult {
    guard communicator.rank == 0 else { return BenchResult(ranks: 1, note: "") }
    let store = try ParameterStore(network)
    Initialization.gaussian.fill(store, seed: 0)
    let folder = FileManager.default.temporaryDirectory.appending(path: "deepinside-benchmark-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let contents = CheckpointContents(
      network: network, progress: TrainingProgress(learningRate: LearningRateState(rate: 0.01)),
      mean: [Float](repeating: 120, count: network.input.count), meanShape: network.input,
      classes: (0..<network.classCount).map { "c\($0)" }, classNames: (0..<network.classCount).map { "class \($0)" })
    let start = ContinuousClock.now
    var count = 0
    repeat {
      try Checkpoint.write(contents, store: store, to: folder.appending(path: "checkpoint.h5").path)
      count += 1
    } while (ContinuousClock.now - start) / .seconds(1) < seconds
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    return BenchResult(
      ranks: 1, bytesPerSecond: Double(count * network.parameterCount * 8) / elapsed,
      note: String(format: "written in %.2f s, checksums and fsync included", elapsed / Double(count)))
  }

  // MARK: - The clock

  /// Runs a round twice to warm up, then again and again until the time is over on the slowest rank.
  ///
  /// - Parameter before: called after the warm-up.
  /// - Note: collective
  private func repeated(
    before: () -> Void = {}, _ round: () throws -> Void
  ) throws -> (count: Int, perSecond: Double) {
    for _ in 0..<2 { try round() }
    before()
    try communicator.barrier()
    let start = ContinuousClock.now
    var count = 0
    var elapsed = 0.0
    repeat {
      try round()
      count += 1
      elapsed = try communicator.allReduceMax((ContinuousClock.now - start) / .seconds(1))
    } while elapsed < seconds
    return (count, Double(count) / elapsed)
  }
}

/// A plan and random pictures for it.
private final class PlanBench {
  let store: ParameterStore
  let plan: Plan
  let images: Tensor
  let gradient: Tensor

  init(_ bench: Bench, purpose: Purpose) throws {
    store = try ParameterStore(bench.network, training: false)
    Initialization.gaussian.fill(store, seed: 0)
    plan = try Plan(store, batch: bench.batch, purpose: purpose, compute: bench.settings)
    images = try Tensor(count: bench.batch, shape: bench.network.input)
    gradient = try Tensor(count: bench.batch, shape: Shape(channels: bench.network.classCount))
    var random = CounterRandom(seed: 0, purpose: .test, sample: bench.communicator.rank)
    for index in images.values.indices { images.values[index] = random.uniform(in: -128...127) }
  }
}
