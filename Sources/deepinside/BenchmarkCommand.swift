import ArgumentParser
import Cluster
import ConvNet
import Foundation

struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "How fast this machine trains, infers and sees: pictures a second, on random pictures.",
    discussion: """
      deepinside benchmark --work train --network cnn-f --batch 64
      ./launch.sh --ranks 2 benchmark --work train --network cnn-f --batch 64 --json

      --batch is each rank's; under mpirun the rate is that of all ranks together, sums of gradients included.
      """)

  enum Work: String, CaseIterable, ExpressibleByArgument { case train, inference, saliency, all }

  @Option(help: ArgumentHelp("What to measure: \(Work.allNames).", valueName: "work"))
  var work = Work.all

  @Option(help: ArgumentHelp("The network: \(Preset.allNames).", valueName: "network"))
  var network = Preset.cnnF

  @Option(help: ArgumentHelp("Pictures at once on each rank.", valueName: "n"))
  var batch = 64

  @Option(help: ArgumentHelp("How long each measurement lasts.", valueName: "s"))
  var seconds = 4.0

  @Flag(help: "One JSON object a measurement.")
  var json = false

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if batch < 1 { throw ValidationError("--batch \(batch): at least one picture.") }
    if !(seconds > 0) { throw ValidationError("--seconds \(seconds): a positive number.") }
  }

  func run() throws {
    try runOnRanks { communicator in
      let works = work == .all ? [.train, .inference, .saliency] : [work]
      for work in works {
        let rate = try measure(work, communicator: communicator)
        guard communicator.rank == 0 else { continue }
        if json {
          let fields: [String: Any] = [
            "work": work.rawValue, "network": network.rawValue, "batch": batch, "precision": "float32",
            "backend": "openblas", "ranks": communicator.size, "threads": compute.team.workers, "imagesPerSecond": rate,
          ]
          print(String(decoding: try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys]), as: UTF8.self))
        } else {
          let name = work.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0)
          print("\(name) \(network.rawValue)  batch \(batch)  \(communicator.size) ranks × \(compute.team.workers) threads  "
            + String(format: "%8.1f img/s", rate))
        }
      }
    }
  }

  /// Pictures a second of all ranks together, after two rounds of warming up.
  private func measure(_ work: Work, communicator: Communicator) throws -> Double {
    let store = ParameterStore(try network.network(classes: 1000), training: work == .train)
    Initialization.gaussian.fill(store, seed: 0)
    let purpose: Purpose = work == .train ? .training : work == .inference ? .inference : .inputGradient
    let plan = Plan(store, batch: batch, purpose: purpose, backend: compute.backend, team: compute.team)
    let images = Tensor(count: batch, shape: store.network.input)
    var random = CounterRandom(seed: 0, purpose: .test, sample: communicator.rank)
    for index in images.values.indices { images.values[index] = random.uniform(in: -128...127) }
    let gradient = Tensor(count: batch, shape: Shape(channels: store.network.classCount))
    let labels = (0..<batch).map { Int32($0 % 1000) }
    let reducer = try work == .train ? GradientReducer(store.gradients.all, communicator: communicator) : nil
    let sgd = SGD()
    let samples = Array(0..<batch)

    func round() throws {
      let scores = plan.forward(images, dropout: DropoutStream(seed: 0, samples: samples))
      switch work {
      case .train:
        labels.withUnsafeBufferPointer {
          _ = softmaxCrossEntropy(scores, labels: $0, divisor: batch * communicator.size, gradient: gradient)
        }
        try plan.backward(from: gradient) { try reducer?.start($0) }
        try reducer?.finish()
        sgd.update(store, rate: 1e-4, team: compute.team)
      case .saliency:
        gradient.values.update(repeating: 0)
        for n in 0..<batch { gradient[n][Int(labels[n])] = 1 }
        plan.backward(from: gradient)
      case .inference, .all: break
      }
    }
    for _ in 0..<2 { try round() }
    try communicator.barrier()
    let start = ContinuousClock.now
    var rounds = 0
    var seconds = 0.0
    repeat {
      try round()
      rounds += 1
      // Training ranks must make the same number of rounds: they stop by the slowest clock.
      seconds = try communicator.allReduceMax((ContinuousClock.now - start) / .seconds(1))
    } while seconds < self.seconds
    return Double(rounds * batch * communicator.size) / seconds
  }
}

extension Preset: ExpressibleByArgument {}
