import Files

/// What a job says of an item besides what all jobs say; nothing by default.
public protocol RecordFacts: Codable, Sendable, Hashable {
  /// The first number that nobody can have meant, as a sentence; nil when there is none.
  var problem: String? { get }
}

extension RecordFacts {
  public var problem: String? { nil }
}

/// The facts of a job that has none, and of readers who ask for none.
public struct NoFacts: RecordFacts {
  public init() {}
}

/// One finished item: a line of `OUT/manifest.jsonl`, and the attribute `record` of the item's HDF5 file.
///
/// It is composed once, by `ResultStore.save`; the line is the text in the HDF5 file. What the job adds to it stands among the other
/// fields, and a reader that asks for `NoFacts` passes over it.
@dynamicMemberLookup
public struct ResultRecord<Facts: RecordFacts>: Sendable, Hashable, Codable, CheckedNumbers {
  public var common: CommonFacts
  public var facts: Facts

  public init(_ common: CommonFacts, _ facts: Facts) {
    (self.common, self.facts) = (common, facts)
  }

  public init(from decoder: any Decoder) throws {
    common = try CommonFacts(from: decoder)
    facts = try Facts(from: decoder)
  }

  public func encode(to encoder: any Encoder) throws {
    try common.encode(to: encoder)
    try facts.encode(to: encoder)
  }

  public var problem: String? { facts.problem }

  public subscript<Value>(dynamicMember path: WritableKeyPath<CommonFacts, Value>) -> Value {
    get { common[keyPath: path] }
    set { common[keyPath: path] = newValue }
  }

  /// The item without its sub-folder: no other result has it.
  public var name: String { ItemNames.name(of: common.item) }
}

/// What all jobs say of an item.
public struct CommonFacts: Sendable, Hashable, Codable {
  /// One of the strongest classes.
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

  /// The name of its files, without `.h5` and `.png`; see `ItemNames`.
  public var item: String
  /// The command that made it.
  public var kind: String
  /// The synset id of the class that was visualised, or the name of something else.
  public var `class`: String
  public var className: String
  /// S_c, before the softmax.
  public var score: Float
  public var posterior: Float
  /// The strongest classes, strongest first.
  public var top5: [Class]
  /// The picture's file, for results of a picture.
  public var source: String?
  /// Its path from the folder that was given, as `FileName` writes it.
  public var picture: String?
  /// Of the file's bytes.
  public var pictureSHA256: String?
  /// The file's size and time when it was read, by which a later run sees quickly that it is the same; see `FileStamp`.
  public var pictureStamp: FileStamp?
  /// The synset id of what is in the picture, where that is known.
  public var truth: String?
  /// The SHA-256 of what entered the net for the picture; nil for results of no picture, or of several.
  public var inputSHA256: String?
  /// What is to be said against the result.
  public var warning: String?
  /// Of what is known of the picture's boxes; nil where nothing is.
  public var annotationSHA256: String?

  package init(
    item: String, kind: String, class name: String, className: String, score: Float, posterior: Float, top5: [Class],
    warning: String? = nil
  ) {
    (self.item, self.kind, self.class, self.className) = (item, kind, name, className)
    (self.score, self.posterior, self.top5, self.warning) = (score, posterior, top5, warning)
  }

  /// Takes over what the result of a picture is recognised by.
  mutating func describe(_ picture: PictureSource) {
    (source, truth) = (picture.path.written, picture.truth)
    self.picture = picture.name.written
    // The time first: should the file change between the two, a later run looks at its bytes.
    pictureStamp = FileStamp(of: picture.path)
    pictureSHA256 = try? picture.digest()
    annotationSHA256 = picture.annotationSHA256
  }
}
