import ConvNet

/// All of a checkpoint but the parameters and their velocity.
public struct CheckpointContents: Sendable, Hashable {
  public var network: Network
  public var progress: TrainingProgress
  /// The options of the run as JSON; nothing here looks inside.
  public var options: String
  /// The mean picture, `[3, H, W]`, RGB 0–255, subtracted from every crop that enters the network.
  public var mean: [Float]
  public var meanShape: Shape
  /// The principal axes of the training pixels' colours, by which training shifts them: three, or none in a file for
  /// inference. Each is as long as the standard deviation along it, RGB 0–255.
  public var colourAxes: [SIMD3<Float>]
  /// The synset ids, in the order of the network's outputs.
  public var classes: [String]
  /// Their words for people, in the same order.
  public var classNames: [String]

  public init(
    network: Network, progress: TrainingProgress, options: String = "{}", mean: [Float], meanShape: Shape,
    colourAxes: [SIMD3<Float>] = [], classes: [String], classNames: [String]
  ) {
    self.network = network
    self.progress = progress
    self.options = options
    self.mean = mean
    self.meanShape = meanShape
    self.colourAxes = colourAxes
    self.classes = classes
    self.classNames = classNames
  }

  /// What doesn't fit together, nil when all does.
  var contradiction: String? {
    if classes.count != network.classCount {
      return "the network has \(network.classCount) outputs, the list of classes \(classes.count) entries"
    }
    if classNames.count != classes.count { return "there are \(classes.count) classes, but \(classNames.count) class names" }
    if mean.count != meanShape.count { return "the mean has \(mean.count) values, its shape \(meanShape) \(meanShape.count)" }
    if meanShape.channels != network.input.channels {
      return "the mean has \(meanShape.channels) channels, the network's input \(network.input.channels)"
    }
    return nil
  }
}
