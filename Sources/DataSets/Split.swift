/// The parts of a data set: the pictures to learn from, and those to measure with.
public enum Split: String, Sendable, Codable, CaseIterable {
  case train, val

  /// The names of a split's folders and the words in the names of its shards, in small letters, the usual one first.
  var names: [String] { self == .train ? ["train", "training"] : ["val", "validation", "valid"] }
}
