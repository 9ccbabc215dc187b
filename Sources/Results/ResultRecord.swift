import Files

/// The facts that one kind of job records for an item, besides those that all jobs record.
public protocol RecordFacts: Codable, Sendable, Hashable {
  /// A sentence about the first number that makes no sense; nil by default, and if there is none.
  var problem: String? { get }
}

extension RecordFacts {
  public var problem: String? { nil }
}

/// The facts of a job without any, and of readers that don't need them.
public struct NoFacts: RecordFacts {
  public init() {}
}

/// The record of one finished item: a line of `OUT/manifest.jsonl`, and the attribute `record` of the item's HDF5 file.
///
/// `ResultStore.save` makes it once, so that the line equals the text in the HDF5 file. The job's own facts are among the other
/// fields, and a reader that asks for `NoFacts` skips them.
@dynamicMemberLookup
public struct ResultRecord<Facts: RecordFacts>: Sendable, Hashable, TwoPartCodable, CheckedNumbers {
  public var common: CommonFacts
  public var facts: Facts

  public init(_ common: CommonFacts, _ facts: Facts) { (self.common, self.facts) = (common, facts) }

  public var parts: (CommonFacts, Facts) { (common, facts) }
  public var problem: String? { facts.problem }

  public subscript<Value>(dynamicMember path: WritableKeyPath<CommonFacts, Value>) -> Value {
    get { common[keyPath: path] }
    set { common[keyPath: path] = newValue }
  }

  /// The item without its sub-folder, which is unique too.
  public var name: String { ItemNames.name(of: common.item) }
}

/// The facts that all jobs record for an item.
public struct CommonFacts: Sendable, Hashable, Codable {
  /// One of the classes with the highest scores.
  public struct Class: Sendable, Hashable, Codable {
    /// The synset id.
    public var `class`: String
    public var className: String
    public var score: Float
    public var posterior: Float

    package init(class wnid: String, className: String, score: Float, posterior: Float) {
      (self.class, self.className, self.score, self.posterior) = (wnid, className, score, posterior)
    }
  }

  /// The name of the item's files, without `.h5` and `.png`; see `ItemNames`.
  public var item: String
  /// The command that made the result.
  public var kind: String
  /// The synset id of the class that was visualised, or the name of another subject.
  public var `class`: String
  public var className: String
  /// S_c, before the softmax.
  public var score: Float
  public var posterior: Float
  /// The classes with the highest scores, highest first.
  public var top5: [Class]
  /// The path of the picture's file; nil if the result isn't that of a picture.
  public var source: String?
  /// The picture's path within the folder that was given, as `FileName` writes it.
  public var picture: String?
  /// The SHA-256 of the picture file's bytes.
  public var pictureSHA256: String?
  /// The file's size and time when it was read, by which a later run can tell quickly that it hasn't changed; see `FileStamp`.
  public var pictureStamp: FileStamp?
  /// The synset id of the picture's true class, if it is known.
  public var truth: String?
  /// The SHA-256 of the picture's input to the net; nil if the result is that of no picture, or of several.
  public var inputSHA256: String?
  /// A warning about the result, or nil.
  public var warning: String?
  /// The SHA-256 of the annotation of the picture's boxes; nil if there is none.
  public var annotationSHA256: String?

  package init(
    item: String, kind: String, class name: String, className: String, score: Float, posterior: Float, top5: [Class],
    warning: String? = nil
  ) {
    (self.item, self.kind, self.class, self.className) = (item, kind, name, className)
    (self.score, self.posterior, self.top5, self.warning) = (score, posterior, top5, warning)
  }

  /// Records the facts by which a picture's result is recognised later.
  mutating func describe(_ picture: PictureSource) {
    (source, truth) = (picture.path.written, picture.truth)
    self.picture = picture.name.written
    // The time is read first: if the file changes between the two calls, a later run sees it and compares the bytes.
    pictureStamp = FileStamp(of: picture.path)
    pictureSHA256 = try? picture.digest()
    annotationSHA256 = picture.annotationSHA256
  }
}
