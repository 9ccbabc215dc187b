import Files

/// The words of classes for people, by synset id.
struct ClassWords {
  /// By id; empty when there is no list.
  private(set) var words: [String: String] = [:]
  /// The ids of the list in sorted order, which indices in lists of labels count; empty when there is none, or it lists more than
  /// the set's classes.
  private(set) var sorted: [String] = []

  /// Lists whose lines are the classes of ILSVRC, "wnid words" each.
  static let lists = ["synset_words.txt", "LOC_synset_mapping.txt"]

  /// - Throws: `DataError` when the list is there and can't be understood.
  init(_ layout: Layout) throws(DataError) {
    if let path = try layout.list(Self.lists) {
      words = try Self.read(path)
      sorted = words.keys.sorted(by: FolderListing.byBytes)
    } else if layout.form == .tinyImageNet, let path = try layout.list(["words.txt"]) {
      // All of WordNet's nouns.
      words = try Self.read(path)
    }
  }

  private static func read(_ path: String) throws(DataError) -> [String: String] {
    Dictionary(try readClassList(path).entries.map { ($0.wnid, $0.words ?? $0.wnid) }, uniquingKeysWith: { $1 })
  }
}
