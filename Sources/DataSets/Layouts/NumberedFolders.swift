import Files

/// Class folders that are called 0, 1, 2 …, as in ImageNetV2: the numbers count the classes in the order of their synset ids.
enum NumberedFolders {
  /// The number that a folder's name is; nil if it is none, or is written in another way (`01`, `+1`).
  static func number(_ name: String) -> Int? { Int(name).flatMap { "\($0)" == name && $0 >= 0 ? $0 : nil } }

  /// The class ids of such folders, by the folders' names.
  ///
  /// - Parameters:
  ///   - names: The names of the folders.
  ///   - classes: The ids that a network or the training pictures know; empty if there is neither.
  ///   - layout: The layout, whose list of classes counts first.
  /// - Returns: nil if the names are no numbers, or are ids themselves.
  /// - Throws: `DataError` if nothing says what the numbers count.
  static func wnids(of names: [String], classes: [String], _ layout: Layout) throws(DataError) -> [String: String]? {
    let numbers = names.compactMap(number)
    guard !names.isEmpty, numbers.count == names.count, Set(classes).isDisjoint(with: names) else { return nil }
    func all(_ wnid: (Int) -> String?, _ source: String) throws(DataError) -> [String: String] {
      var found: [String: String] = [:]
      for (name, number) in zip(names, numbers) {
        guard let wnid = wnid(number) else {
          throw DataError(.labels, "class folder \(name) of \(layout.val ?? layout.root) has a number that \(source) hasn't")
        }
        found[name] = wnid
      }
      return found
    }
    if let path = try layout.list(ClassWords.lists) {
      let list = try ClassNumbers(contentsOf: path)
      return try all({ list.wnid(of: $0) }, path)
    }
    if classes.isEmpty { return nil }
    let sorted = classes.sorted(by: String.byBytes)
    let isWhole = Set(numbers) == Set(sorted.indices)
    guard sorted.count == ilsvrcClasses || isWhole else {
      throw DataError(
        .labels,
        "the class folders of \(layout.val ?? layout.root) are numbers (such as \(names[0])), and nothing says which of the \(classes.count) "
          + "classes they count; put the list synset_words.txt of all that they count beside them (lines \"wnid words\")")
    }
    return try all({ sorted.indices.contains($0) ? sorted[$0] : nil }, "the list of \(sorted.count) classes")
  }

  /// A network with so many classes is taken to be one of ILSVRC, whose numbers are in general use.
  private static let ilsvrcClasses = 1000
}
