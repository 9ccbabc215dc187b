import Files

/// The names of classes for people, by synset id.
struct ClassWords {
  /// Empty if there is no list.
  private(set) var words: [String: String] = [:]
  /// The ids of the list, sorted: indices in lists of labels count them. Empty if there is no list, or it lists more than the
  /// set's classes.
  private(set) var sorted: [String] = []
  /// True if the list numbers its classes itself.
  private(set) var hasNumbers = false
  /// A sentence about what indices count, for a list whose order is another; nil if that can't be mistaken.
  private(set) var note: String?

  /// The names of lists of ILSVRC's classes, with lines "wnid words".
  static let lists = ["synset_words.txt", "LOC_synset_mapping.txt"]

  /// - Throws: `DataError` if the list exists and can't be understood.
  init(_ layout: Layout) throws(DataError) {
    if let path = try layout.list(Self.lists) {
      let list = try readClassList(path)
      (words, hasNumbers) = (Self.words(list), list.hasNumbers)
      sorted = words.keys.sorted(by: String.byBytes)
      let listed = list.entries.sorted { ($0.number ?? $0.line) < ($1.number ?? $1.line) }.map(\.wnid)
      if listed != sorted, let first = sorted.first, Int(first) == nil {
        note = "numbers count the sorted ids of \(path), whose own order is another: 0 is \(first)"
      }
    } else if layout.form == .tinyImageNet, let path = try layout.list(["words.txt"]) {
      // This list has all nouns of WordNet, so `sorted` stays empty.
      words = Self.words(try readClassList(path))
    }
  }

  private static func words(_ list: ClassList) -> [String: String] {
    Dictionary(list.entries.map { ($0.wnid, $0.words ?? $0.wnid) }, uniquingKeysWith: { $1 })
  }
}
