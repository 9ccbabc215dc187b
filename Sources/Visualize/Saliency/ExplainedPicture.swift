import Attribution

/// A picture of a file that is to be explained.
package struct ExplainedPicture: Sendable {
  let picture: TestPicture
  /// The class to explain; if nil, the class with the highest mean posterior over the crops.
  let classIndex: Int?
  /// The number of its stream of random numbers.
  let stream: UInt64
}

extension SaliencyMapper {
  /// - Parameter mean: the mean picture of the net's training pictures, `[3, H, W]`.
  /// - Throws: the errors of the method.
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
