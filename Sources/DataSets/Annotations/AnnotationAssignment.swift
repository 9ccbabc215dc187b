import Files

/// Which annotation is of which picture.
///
/// By the name without its ending; where several pictures or several files share it, by the folders that they have in common,
/// counted from the innermost, then by the folder and the name that the file itself says. What then still may be of two
/// pictures is of none, and said to be a fault.
public struct AnnotationAssignment: Sendable {
  /// Of each picture, in their order.
  public private(set) var entries: [AnnotationSet.Entry?]
  /// Those that are of none of the pictures.
  public private(set) var rest: [AnnotationSet.Entry] = []
  public private(set) var faults: [AnnotationFault] = []

  /// - Parameters:
  ///   - pictures: paths relative to their folder, or bare names.
  ///   - stems: their names without folder and ending, where that isn't what follows the last dot.
  public init(_ set: AnnotationSet, to pictures: [FileName], stems: [FileName]? = nil) {
    entries = pictures.map { _ in nil }
    let stems = stems ?? pictures.map(\.stem)
    let byStem = Dictionary(grouping: pictures.indices) { stems[$0] }
    for (stem, candidates) in set.byStem.sorted(by: { $0.key < $1.key }) {
      if let indices = byStem[stem] { assign(candidates, to: indices, pictures) } else { rest += candidates }
    }
  }

  /// - Parameter indices: the pictures of their name.
  private mutating func assign(_ candidates: [AnnotationSet.Entry], to indices: [Int], _ pictures: [FileName]) {
    var claims: [Int: [Int]] = [:]
    var rivals: Set<Int> = []
    for index in indices {
      var best = Self.best(candidates.map { Likeness($0, pictures[index]) })
      // Copies of a file say the same.
      if Set(best.map { candidates[$0].annotation }).count == 1 { best = Array(best.prefix(1)) }
      for one in best { claims[one, default: []].append(index) }
      if best.count > 1 { rivals.formUnion(best) }
    }
    for (number, candidate) in candidates.enumerated() {
      guard let claiming = claims[number] else {
        let isCopy = candidates.indices.contains { claims[$0] != nil && candidates[$0].annotation == candidate.annotation }
        if !isCopy { rest.append(candidate) }
        continue
      }
      let best = Self.best(claiming.map { Likeness(candidate, pictures[$0]) }).map { claiming[$0] }
      if best.count == 1, !rivals.contains(number) {
        entries[best[0]] = candidate
      } else {
        let names = best.prefix(3).map { pictures[$0].written }.joined(separator: ", ") + (best.count > 3 ? ", …" : "")
        let files = rivals.subtracting([number]).prefix(2).map { candidates[$0].file.written }.sorted().joined(separator: ", ")
        let reason = best.count > 1 ? "it may be of \(names), which share its name" : "\(names) may be of it or of \(files)"
        faults.append(
          AnnotationFault(
            file: candidate.file.written, reason: reason + "; left out: give the pictures and annotations of one set"))
      }
    }
  }

  /// The places of the greatest.
  private static func best(_ likeness: [Likeness]) -> [Int] {
    guard let most = likeness.max() else { return [] }
    return likeness.indices.filter { likeness[$0] == most }
  }
}

/// How much an annotation file and a picture of the same name have in common.
private struct Likeness: Comparable {
  /// Folders, from the innermost.
  private let folders: Int
  private let folder: Int
  private let name: Int

  init(_ entry: AnnotationSet.Entry, _ picture: FileName) {
    let (file, own) = (entry.file.components, picture.components)
    folders = zip(file.dropLast().reversed(), own.dropLast().reversed()).prefix { $0 == $1 }.count
    folder = own.count > 1 && entry.annotation.folder.map { FileName($0) } == own[own.count - 2] ? 1 : 0
    name = entry.annotation.fileName.map { FileName($0).last } == own.last ? 1 : 0
  }

  static func < (one: Likeness, other: Likeness) -> Bool {
    (one.folders, one.folder, one.name) < (other.folders, other.folder, other.name)
  }
}
