import ConvNet
import Data
import Foundation

/// Everything in a checkpoint but the parameters and what their training keeps of each.
public struct CheckpointContents: Sendable, Hashable {
  public var network: Network
  public var progress: TrainingProgress
  /// The options of the run as JSON, of which this module reads only `shorterSide`.
  public var options: String
  /// The mean picture, `[3, H, W]`, RGB 0–255, which is subtracted from every crop that enters the network.
  public var mean: [Float]
  public var meanShape: Shape
  /// The principal axes of the training pixels' colours, along which training shifts them: three, or none in a file for
  /// inference. Each is as long as the standard deviation along it, RGB 0–255.
  public var colourAxes: [SIMD3<Float>]
  /// The synset ids of the classes, in the order of the network's outputs.
  public var classes: [String]
  /// The classes' names for people, in the same order.
  public var classNames: [String]
  /// How pictures are brought to the size of the network's input; nil for networks that don't take RGB pictures.
  public var geometry: InputGeometry?

  /// - Parameter geometry: The input geometry; nil for the one that the options state, see `geometry(_:options:)`.
  public init(
    network: Network, progress: TrainingProgress, options: String = "{}", mean: [Float], meanShape: Shape,
    colourAxes: [SIMD3<Float>] = [], classes: [String], classNames: [String], geometry: InputGeometry? = nil
  ) {
    self.network = network
    self.progress = progress
    self.options = options
    self.mean = mean
    self.meanShape = meanShape
    self.colourAxes = colourAxes
    self.classes = classes
    self.classNames = classNames
    self.geometry = geometry ?? (try? Self.geometry(network, options: options)) ?? nil
  }

  /// The way in which a network's pictures were resized, by the options of its run: for files that don't record it separately.
  /// Options without a shorter side, such as those of imported weights, mean the paper's ratio.
  ///
  /// - Returns: nil for a network that doesn't take RGB pictures.
  /// - Throws: `InputSpecError` if the input doesn't fit into pictures of that size.
  static func geometry(_ network: Network, options: String) throws(InputSpecError) -> InputGeometry? {
    guard network.input.channels == 3 else { return nil }
    let named = (try? JSONSerialization.jsonObject(with: Foundation.Data(options.utf8)) as? [String: Any])?["shorterSide"]
    let side = named as? Int
    if let named, side == nil { throw InputSpecError("shorterSide: expected a whole number, found \(named)") }
    return try InputGeometry(width: network.input.width, height: network.input.height, shorterSide: side)
  }

  /// How pictures become inputs of this network, and what its outputs mean; nil if it takes no RGB pictures, or the mean doesn't
  /// fit.
  public var inputSpec: InputSpec? {
    guard let geometry, let mean = fittedMean else { return nil }
    return InputSpec(geometry: geometry, mean: mean, colourAxes: colourAxes, classes: classes, classNames: classNames)
  }

  /// The mean at the size of the network's input, `[3, H, W]`: the centre of a larger picture, or a mean colour (`[3, 1, 1]`)
  /// repeated everywhere; nil if the mean picture is smaller.
  public var fittedMean: [Float]? {
    let input = network.input
    guard meanShape.channels == input.channels, mean.count == meanShape.count else { return nil }
    if meanShape == input { return mean }
    let isColour = meanShape.area == 1
    guard isColour || (meanShape.height >= input.height && meanShape.width >= input.width) else { return nil }
    let (top, left) = ((meanShape.height - input.height) / 2, (meanShape.width - input.width) / 2)
    var fitted: [Float] = []
    fitted.reserveCapacity(input.count)
    for channel in 0..<input.channels {
      for y in 0..<input.height {
        for x in 0..<input.width {
          fitted.append(
            isColour ? mean[channel] : mean[(channel * meanShape.height + top + y) * meanShape.width + left + x])
        }
      }
    }
    return fitted
  }

  /// The largest credible magnitude of a mean pixel or of a component of a colour axis: pixels go only from 0 to 255.
  private static let largestPixel: Float = 10_000

  /// The reason why these can't be the mean pixels of pictures, as a sentence; nil if they can.
  public static func problem(mean: [Float]) -> String? {
    guard let wrong = mean.first(where: { !($0.magnitude <= largestPixel) }) else { return nil }
    return "the mean picture has the value \(wrong), expected pixels from 0 to 255"
  }

  /// The reason why these can't be the principal axes of pictures' colours, as a sentence; nil if they can.
  public static func problem(colourAxes: [Float]) -> String? {
    guard let wrong = colourAxes.first(where: { !($0.magnitude <= largestPixel) }) else { return nil }
    return "the axes of the colours have the value \(wrong), expected deviations of pixels from 0 to 255"
  }

  /// Parts of the contents that don't fit together, as a sentence; nil if all fit.
  var contradiction: String? {
    if classes.count != network.classCount {
      return "the network has \(network.classCount) outputs, the list of classes \(classes.count) entries"
    }
    if classNames.count != classes.count { return "there are \(classes.count) classes, but \(classNames.count) class names" }
    if mean.count != meanShape.count { return "the mean has \(mean.count) values, its shape \(meanShape) \(meanShape.count)" }
    if let geometry, geometry.width != network.input.width || geometry.height != network.input.height {
      return "pictures are cropped to \(geometry.width)×\(geometry.height), the network's input is \(network.input)"
    }
    if meanShape.channels != network.input.channels {
      return "the mean has \(meanShape.channels) channels, the network's input \(network.input.channels)"
    }
    return nil
  }
}
