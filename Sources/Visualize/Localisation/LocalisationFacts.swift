import DataSets
import Images
import Results

/// The facts that `localise` records for a picture besides those that all jobs record.
public struct LocalisationFacts: RecordFacts {
  /// The classes that the net prefers, best first, with their boxes.
  public var answers: [Answer]?
  /// The boxes of the picture's objects, if they are known.
  public var truthBoxes: [BoundingBox]?
  /// The size of the upright picture, in pixels.
  public var width: Int?
  public var height: Int?
  /// The orientation in which the file stores the picture, in EXIF's numbers, 1 … 8.
  public var orientation: Int?

  /// A class and its place in a picture.
  public struct Answer: Sendable, Hashable, Codable {
    /// The box, in pixels of the upright picture.
    public var box: BoundingBox
    public var score: Float
    /// The largest intersection over union with a true box of the class; nil if no boxes are known.
    public var overlap: Double?
    /// The reason why the box is the whole picture, if nothing better was found; otherwise nil.
    public var note: String?
  }

  /// The frame that the picture's boxes are in; nil if its size isn't known.
  var frame: PictureFrame? {
    guard let width, let height, width > 0, height > 0 else { return nil }
    let orientation = orientation.flatMap(UInt16.init(exactly:)).flatMap(Orientation.init(rawValue:))
    return PictureFrame(width: width, height: height, orientation: orientation ?? .upright)
  }

  /// The largest intersection over union of an answer with a true box of the same class, 0 if no answer has the class; nil if no
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
  /// The range of the shorter side at which pictures are cut, in pixels.
  static let cutSides = 1...(1 << 14)
}
