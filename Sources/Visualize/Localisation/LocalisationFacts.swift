import DataSets
import Images
import Results

/// What `localise` says of a picture besides what all jobs say.
public struct LocalisationFacts: RecordFacts {
  /// Where the strongest classes were found, strongest first.
  public var answers: [Answer]?
  /// The boxes of the picture's objects, where those are known.
  public var truthBoxes: [BoundingBox]?
  /// Of the upright picture in the file, in pixels.
  public var width: Int?
  public var height: Int?
  /// How the file stores it, as EXIF counts it, 1 … 8.
  public var orientation: Int?

  /// A class and its place in a picture.
  public struct Answer: Sendable, Hashable, Codable {
    /// In the picture's own pixels.
    public var box: BoundingBox
    public var score: Float
    /// The largest intersection over union with a true box of the class; nil where no boxes are known.
    public var overlap: Double?
    /// Why the box is the whole picture, where nothing better could be made.
    public var note: String?
  }

  /// The picture that its boxes are in; nil where its size isn't known.
  var frame: PictureFrame? {
    guard let width, let height, width > 0, height > 0 else { return nil }
    let orientation = orientation.flatMap(UInt16.init(exactly:)).flatMap(Orientation.init(rawValue:))
    return PictureFrame(width: width, height: height, orientation: orientation ?? .upright)
  }

  /// The largest intersection over union of a box of the picture's class with a true one, 0 when the class isn't found; nil where no
  /// boxes are known.
  var bestOverlap: Double? {
    truthBoxes.flatMap { truth in truth.isEmpty ? nil : (answers ?? []).compactMap(\.overlap).max() ?? 0 }
  }

  public var problem: String? {
    for answer in answers ?? [] {
      if let problem = NumberLimits.problem("overlap", answer.overlap, NumberLimits.parts) { return problem }
    }
    return NumberLimits.problem("width", width, NumberLimits.sides) ?? NumberLimits.problem("height", height, NumberLimits.sides)
  }
}

extension NumberLimits {
  /// Of the shorter side at which objects are cut out, in pixels.
  static let cutSides = 1...(1 << 14)
}
