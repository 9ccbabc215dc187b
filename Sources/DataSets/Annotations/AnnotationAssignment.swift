import Files

/// Decides which annotation belongs to which picture.
///
/// They are matched by the name without its ending; `p.JPEG.xml` is of the same picture as `p.xml`. If several pictures or several files share it, those match best that have the
/// most folders in common, counted from the innermost, then those whose folder and name the file itself states. An annotation
/// that could then still belong to two pictures is given to neither, and is reported as a fault.
public struct AnnotationAssignment: Sendable {
  /// The annotation of each picture, in the order of the pictures; nil if it has none.
  public private(set) var entries: [AnnotationSet.Entry?]
  /// The annotations that belong to none of the pictures.
  public private(set) var rest: [AnnotationSet.Entry] = []
  public private(set) var faults: [AnnotationFault] = []

  /// - Parameters:
  ///   - pictures: Paths relative to the folder of the pictures, or bare names.
  ///   - stems: The names of the pictures without folder and ending; nil if a name's ending is what follows its last dot.
  public init(_ set: AnnotationSet, to pictures: [FileName], stems: [FileName]? = nil) {
    entries = pictures.map { _ in nil }
    let stems = stems ?? pictures.map(\.stem)
    let byStem = Dictionary(grouping: pictures.indices) { stems[$0] }
    let candidatesByStem = Dictionary(grouping: set.entries) {
      byStem[$0.stem] != nil ? $0.stem : $0.stem.withoutPictureEnding
    }
    for (stem, candidates) in candidatesByStem.sorted(by: { $0.key < $1.key }) {
      if let indices = byStem[stem] { assign(candidates, to: indices, pictures) } else { rest += candidates }
    }
  }

  /// - Parameter indices: The pictures that have the candidates' name.
  private mutating func assign(_ candidates: [AnnotationSet.Entry], to indices: [Int], _ pictures: [FileName]) {
    var claims: [Int: [Int]] = [:]
    var rivals: Set<Int> = []
    for index in indices {
      var best = Self.best(candidates.map { Likeness($0, pictures[index]) })
      // Copies of a file state the same, so one of them is enough.
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

  /// The indices of the greatest elements.
  private static func best(_ likeness: [Likeness]) -> [Int] {
    guard let most = likeness.max() else { return [] }
    return likeness.indices.filter { likeness[$0] == most }
  }
}

/// The likeness of an annotation file and a picture with the same name.
private struct Likeness: Comparable {
  /// The number of folders that they have in common, counted from the innermost.
  private let folders: Int
  private let folder: Int
  private let name: Int

  init(_ entry: AnnotationSet.Entry, _ picture: FileName) {
    let (file, own) = (entry.file.components, picture.components)
    folders = zip(file.dropLast().reversed(), own.dropLast().reversed()).prefix { $0 == $1 }.count
    folder = own.count > 1 && entry.annotation.folder.map { FileName($0) } == own[own.count - 2] ? 1 : 0
    name = entry.stem == own.last || entry.annotation.fileName.map { FileName($0).last } == own.last ? 1 : 0
  }

  static func < (one: Likeness, other: Likeness) -> Bool {
    (one.folders, one.folder, one.name) < (other.folders, other.folder, other.name)
  }
}
