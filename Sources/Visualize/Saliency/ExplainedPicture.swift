import Attribution

/// A picture file's picture to explain.
package struct ExplainedPicture: Sendable {
  let picture: TestPicture
  /// The class to explain; nil is the strongest, by the mean posterior of the crops.
  let classIndex: Int?
  /// Names its random numbers.
  let stream: UInt64
}

extension SaliencyMapper {
  /// - Parameter mean: of the net's training pictures, `[3, H, W]`.
  /// - Throws: what the method throws.
  func maps(of pictures: [ExplainedPicture], mean: [Float]) throws -> [SaliencyMap] {
    try maps(
      of: pictures.map { explained in
        CroppedPicture(
          places: explained.picture.places, frame: explained.picture.frame, classIndex: explained.classIndex,
          stream: explained.stream
        ) { explained.picture.input($0, mean: mean) }
      })
  }
}
