/// Everything besides the weights that determines a network's answer for a picture, and that is stored with the weights: how
/// pictures are resized and cropped, what is subtracted, and what the outputs are called.
public struct InputSpec: Sendable, Hashable {
  public var geometry: InputGeometry
  /// The mean picture at the size of the input, [3, height, width], RGB 0–255, which is subtracted from every crop.
  public var mean: [Float]
  /// The principal axes of the training pixels' colours, each as long as its standard deviation, RGB 0–255; empty if they aren't
  /// known.
  public var colourAxes: [SIMD3<Float>]
  /// The synset ids of the classes, in the order of the outputs.
  public var classes: [String]
  /// The classes' names for people, in the same order.
  public var classNames: [String]

  public init(
    geometry: InputGeometry, mean: [Float], colourAxes: [SIMD3<Float>] = [], classes: [String], classNames: [String]
  ) {
    precondition(mean.count == geometry.count, "a mean of \(mean.count) values for \(geometry.width)×\(geometry.height)")
    precondition(classNames.count == classes.count, "\(classNames.count) names of \(classes.count) classes")
    (self.geometry, self.mean, self.colourAxes) = (geometry, mean, colourAxes)
    (self.classes, self.classNames) = (classes, classNames)
  }
}
