import ConvNet
import Files

/// A way to say how much every pixel of a picture matters for the score of a class.
///
/// A method is a value: its parameters, and one function. What is made of its attributions (crops, files, pictures, ranks)
/// is the same for all methods.
public protocol SaliencyMethod: Sendable {
  /// Everything that its attributions depend on besides the net, the picture and the class; kept with the results.
  var parameters: [String: ParameterValue] { get }

  /// The attributions of pictures.
  ///
  /// - Parameters:
  ///   - pictures: their forward pass is the last that `score` has made.
  ///   - score: the net; the method may make any passes.
  /// - Throws: `NetworkError` for a layer that the net doesn't have.
  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions
}

/// Pictures, each with the class to explain in it.
public struct ClassPictures {
  /// `[N, 3, H, W]`, RGB 0–255 with the mean subtracted.
  public var images: Tensor
  /// N class indices.
  public var classes: [Int]
  /// S_c of each picture.
  public var scores: [Float]
  /// Names the random numbers of each picture: they depend on it and not on a place in a batch.
  public var streams: [UInt64]

  public init(images: Tensor, classes: [Int], scores: [Float], streams: [UInt64]) {
    precondition(
      images.count == classes.count && classes.count == scores.count && classes.count == streams.count,
      "a class, a score and a stream a picture")
    (self.images, self.classes, self.scores, self.streams) = (images, classes, scores, streams)
  }
}

/// What a method says of pictures: a number a channel and pixel, or a number a pixel.
public struct Attributions {
  public enum Kind: Sendable {
    /// `[N, 3, H, W]`, signed; the map is M[i, j] = max over channels of |a[c, i, j]| (§3.1).
    case channels
    /// `[N, 1, H, W]`, already the map.
    case pixels
  }

  public var kind: Kind
  public var values: Tensor
  /// Numbers to keep with each picture's result: none, or N of them.
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
