import Files

/// The names of classes for people, by synset id.
struct ClassWords {
  /// Empty if there is no list.
  private(set) var words: [String: String] = [:]
  /// The ids of the list, sorted: indices in lists of labels count them. Empty if there is no list, or it lists more than the
  /// set's classes.
  private(set) var sorted: [String] = []

  /// The names of lists of ILSVRC's classes, with lines "wnid words".
  static let lists = ["synset_words.txt", "LOC_synset_mapping.txt"]

  /// - Throws: `DataError` if the list exists and can't be understood.
  init(_ layout: Layout) throws(DataError) {
    if let path = try layout.list(Self.lists) {
      words = try Self.read(path)
      sorted = words.keys.sorted(by: FolderListing.byBytes)
    } else if layout.form == .tinyImageNet, let path = try layout.list(["words.txt"]) {
      // This list has all nouns of WordNet, so `sorted` stays empty.
      words = try Self.read(path)
    }
  }

  private static func read(_ path: String) throws(DataError) -> [String: String] {
    Dictionary(try readClassList(path).entries.map { ($0.wnid, $0.words ?? $0.wnid) }, uniquingKeysWith: { $1 })
  }
}
