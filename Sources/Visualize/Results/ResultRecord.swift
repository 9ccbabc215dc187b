import Attribution
import DataSets
import Files
import Foundation
import Images

/// One finished item: a line of `OUT/manifest.jsonl`, and the attribute `record` of the item's HDF5 file.
public struct ResultRecord: Sendable, Hashable, Codable {
  /// One of the strongest classes.
  public struct Class: Sendable, Hashable, Codable {
    /// The synset id.
    public var `class`: String
    public var className: String
    public var score: Float
    public var posterior: Float
  }

  /// The name of its files, without `.h5` and `.png`; see `ItemNames`.
  public var item: String
  /// The command that made it.
  public var kind: String
  /// The synset id of the class that was visualised.
  public var `class`: String
  public var className: String
  /// S_c, before the softmax.
  public var score: Float
  public var posterior: Float
  /// The strongest classes, strongest first.
  public var top5: [Class]
  /// The picture's file, for results of a picture.
  public var source: String?
  /// Its path from the folder that was given, as `FileName` writes it; of results of earlier versions nil.
  public var picture: String?
  /// Of the file's bytes.
  public var pictureSHA256: String?
  /// The file's size and time when it was read, by which a later run sees quickly that it is the same; see `FileStamp`.
  public var pictureStamp: FileStamp?
  /// The synset id of what is in the picture, where that is known.
  public var truth: String?
  /// The SHA-256 of what entered the net for the picture; see `InputDigest`. Nil for results of no picture, or of several.
  public var inputSHA256: String?
  /// What is to be said against the result.
  public var warning: String?
  /// Where the strongest classes were found, strongest first; of results of `localise`.
  public var answers: [Answer]?
  /// The boxes of the picture's objects, where those are known.
  public var truthBoxes: [BoundingBox]?
  /// Of what is known of its boxes; nil where nothing is.
  public var annotationSHA256: String?
  /// Of the upright picture in the file, in pixels; of results of `localise`.
  public var width: Int?
  public var height: Int?
  /// How the file stores it, as EXIF counts it, 1 … 8; of results of `localise`.
  public var orientation: Int?

  /// The picture that its boxes are in; nil where its size isn't known.
  var frame: PictureFrame? {
    guard let width, let height, width > 0, height > 0 else { return nil }
    let orientation = orientation.flatMap(UInt16.init(exactly:)).flatMap(Orientation.init(rawValue:))
    return PictureFrame(width: width, height: height, orientation: orientation ?? .upright)
  }

  /// The item without its sub-folder: no other result has it.
  var name: String { ItemNames.name(of: item) }

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

  /// Of something else than a class: `class` and `className` name it.
  init(
    item: String, kind: String, class name: String, className: String, score: Float, posterior: Float, top5: [Class],
    source: String? = nil, truth: String? = nil, warning: String? = nil
  ) {
    (self.item, self.kind, self.class, self.className) = (item, kind, name, className)
    (self.score, self.posterior, self.top5) = (score, posterior, top5)
    (self.source, self.truth, self.warning) = (source, truth, warning)
  }

  init(
    item: String, kind: String, classIndex: Int, score: Float, posterior: Float, top: [RankedClass], net: TrainedNetwork,
    source: String? = nil, truth: String? = nil, warning: String? = nil
  ) {
    self.init(
      item: item, kind: kind, class: net.classes[classIndex], className: net.classNames[classIndex], score: score,
      posterior: posterior,
      top5: top.map {
        Class(class: net.classes[$0.index], className: net.classNames[$0.index], score: $0.score, posterior: $0.posterior)
      }, source: source, truth: truth, warning: warning)
  }
}

/// JSON as all result files have it: sorted keys, so that equal values give equal bytes, and numbers that are none as strings.
enum ResultJSON {
  /// No file of one value has more bytes: the summary of a million failures, or the strongest pictures of all channels.
  static let longestFile = 1 << 29

  static func text(_ value: some Encodable, pretty: Bool = false) throws(VisualizeError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw VisualizeError(.badData, "cannot write \(type(of: value)) as JSON: \(error)")
    }
  }

  /// Nil when the text isn't what was expected, or has numbers that nobody can have meant (`CheckedNumbers`).
  static func value<Value: Decodable>(_ type: Value.Type, _ text: some StringProtocol) -> Value? {
    try? decoded(type, text)
  }

  /// What a file in a result folder says; nil when there is none.
  ///
  /// - Throws: `VisualizeError` that says what is wrong with the file.
  static func file<Value: Decodable>(_ type: Value.Type, _ path: String) throws(VisualizeError) -> Value? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      return try decoded(type, String(decoding: try WholeFile.read(FileName(path), limit: longestFile), as: UTF8.self))
    } catch let error as FileError {
      throw VisualizeError(error.storageTrouble == nil ? .badData : .system, error.description)
    } catch let problem as NumberProblem {
      throw VisualizeError(.badData, "\(path) can't be meant: \(problem); remove it or choose another folder")
    } catch {
      throw VisualizeError(.badData, "\(path) isn't as deepinside writes it; remove it or choose another folder")
    }
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type, _ text: some StringProtocol) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let value = try decoder.decode(type, from: Data(text.utf8))
    if let problem = (value as? any CheckedNumbers)?.problem { throw NumberProblem(description: problem) }
    return value
  }
}
