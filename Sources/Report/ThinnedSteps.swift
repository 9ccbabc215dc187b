/// The steps of a run in at most `capacity` bins with equally many steps each: enough for a curve, however long the run is.
///
/// Steps are added in their order. When they no longer fit, each two neighbouring bins become one bin that is twice as wide.
struct ThinnedSteps {
  /// The sums and extremes over the steps of a bin.
  struct Bin {
    var steps = 0
    /// The number of its last step.
    var step = 0
    var epoch = 0.0
    var learningRate = 0.0
    var lossSum = 0.0
    var lowestLoss = Double.infinity
    var highestLoss = -Double.infinity
    /// Σ 1 / (images per second), over the steps with a known speed.
    var secondsPerImage = 0.0
    var timed = 0
    var dataWait = 0.0
    var reductionWait = 0.0

    var loss: Double { lossSum / Double(steps) }
    /// Images over time; nil if no step has a known speed.
    var imagesPerSecond: Double? { timed > 0 && secondsPerImage > 0 ? Double(timed) / secondsPerImage : nil }
    /// The mean per step, in milliseconds.
    var dataWaitMilliseconds: Double { 1000 * dataWait / Double(steps) }
    var reductionWaitMilliseconds: Double { 1000 * reductionWait / Double(steps) }

    mutating func add(_ line: MetricsLine) {
      guard let loss = line.loss else { return }
      steps += 1
      step = line.step
      epoch = line.epoch
      learningRate = line.learningRate ?? learningRate
      lossSum += loss
      lowestLoss = min(lowestLoss, loss)
      highestLoss = max(highestLoss, loss)
      if let speed = line.imagesPerSecond, speed > 0 {
        secondsPerImage += 1 / speed
        timed += 1
      }
      dataWait += line.dataWaitSeconds ?? 0
      reductionWait += line.reductionWaitSeconds ?? 0
    }

    mutating func add(_ next: Bin) {
      guard next.steps > 0 else { return }
      if steps == 0 {
        self = next
        return
      }
      (step, epoch, learningRate) = (next.step, next.epoch, next.learningRate)
      steps += next.steps
      lossSum += next.lossSum
      lowestLoss = min(lowestLoss, next.lowestLoss)
      highestLoss = max(highestLoss, next.highestLoss)
      secondsPerImage += next.secondsPerImage
      timed += next.timed
      dataWait += next.dataWait
      reductionWait += next.reductionWait
    }
  }

  private let capacity: Int
  /// The number of steps per bin; a power of two.
  private(set) var width = 1
  private var bins: [Bin] = []

  init(capacity: Int = 400) { self.capacity = capacity }

  /// The bins with steps, in their order.
  var filled: [Bin] { bins.filter { $0.steps > 0 } }

  mutating func add(_ line: MetricsLine) {
    while (line.step - 1) / width >= capacity { halve() }
    let index = max(line.step - 1, 0) / width
    while bins.count <= index { bins.append(Bin()) }
    bins[index].add(line)
  }

  private mutating func halve() {
    bins = stride(from: 0, to: bins.count, by: 2).map { first in
      var bin = bins[first]
      if first + 1 < bins.count { bin.add(bins[first + 1]) }
      return bin
    }
    width *= 2
  }
}
