import ConvNet
import Files

/// A way to compute how much every pixel of a picture matters for the score of a class.
///
/// A method is a value: its parameters, and one function. What follows from its attributions (averages over crops, files,
/// pictures, work of ranks) is the same for all methods.
public protocol SaliencyMethod: Sendable {
  /// Everything that the attributions depend on besides the net, the picture and the class; stored with the results.
  var parameters: [String: ParameterValue] { get }

  /// Computes the attributions of pictures.
  ///
  /// - Parameters:
  ///   - pictures: the pictures of the last forward pass of `score`.
  ///   - score: the net; the method may make any passes.
  /// - Throws: `NetworkError` if the method uses a layer that the net doesn't have.
  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions
}

/// Pictures, each with the class that is to be explained in it.
public struct ClassPictures {
  /// `[N, 3, H, W]`, RGB 0–255 with the mean subtracted.
  public var images: Tensor
  /// N class indices.
  public var classes: [Int]
  /// S_c of each picture.
  public var scores: [Float]
  /// The number of each picture's stream of random numbers, which doesn't depend on its place in a batch.
  public var streams: [UInt64]

  public init(images: Tensor, classes: [Int], scores: [Float], streams: [UInt64]) {
    precondition(
      images.count == classes.count && classes.count == scores.count && classes.count == streams.count,
      "a class, a score and a stream a picture")
    (self.images, self.classes, self.scores, self.streams) = (images, classes, scores, streams)
  }
}

/// The result of a method for some pictures: one value per channel and pixel, or one value per pixel.
public struct Attributions {
  public enum Kind: Sendable {
    /// `[N, 3, H, W]`, signed; the map is M[i, j] = max over channels of |a[c, i, j]| (§3.1).
    case channels
    /// `[N, 1, H, W]`, already the map.
    case pixels
  }

  public var kind: Kind
  public var values: Tensor
  /// Numbers to store with the result of each picture: empty, or one entry per picture.
  public var notes: [[String: Double]]

  public init(_ kind: Kind, _ values: Tensor, notes: [[String: Double]] = []) {
    (self.kind, self.values, self.notes) = (kind, values, notes)
  }

  /// The map of one picture, `[H, W]`.
  public func map(_ picture: Int) -> [Float] {
    switch kind {
    case .channels: saliency(of: values[picture], shape: values.shape)
    case .pixels: Array(values[picture])
    }
  }
}

/// M[i, j] = max over channels c of |w[c, i, j]|; with one channel that is |w| (§3.1).
///
/// - Parameter gradient: w = ∂S_c/∂I, `[C, H, W]`.
/// - Returns: `[H, W]`.
public func saliency(of gradient: UnsafeMutableBufferPointer<Float>, shape: Shape) -> [Float] {
  precondition(gradient.count == shape.count, "\(gradient.count) values are not \(shape)")
  var map = [Float](repeating: 0, count: shape.area)
  for channel in 0..<shape.channels {
    let plane = channel * shape.area
    for i in 0..<shape.area { map[i] = max(map[i], abs(gradient[plane + i])) }
  }
  return map
}
