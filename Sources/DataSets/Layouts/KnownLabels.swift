import Files

/// The data folder to which pictures belong, and the classes that it states for pictures whose folders' names don't: for those of
/// a flat `val/`, and for those in folders that are called by numbers.
public struct KnownLabels: Sendable {
  public let layout: Layout
  private var byPath: [FileName: String] = [:]
  private var byFolder: [FileName: String] = [:]
  /// The reason why the labels can't be used although there are some; nil if they can, or there are none.
  public private(set) var problem: String?

  /// Looks for the data folder to which a folder belongs: the folder itself, or one of the two above it.
  ///
  /// - Parameters:
  ///   - folder: The absolute path of the folder.
  ///   - classes: The ids that a network knows.
  /// - Returns: nil if it belongs to none.
  /// - Throws: `DataError` if the storage is away, or it can't be said how the folder is arranged.
  public init?(around folder: FileName, classes: [String]) throws(DataError) {
    var candidates = [folder]
    while candidates.count < 3, let last = candidates.last, last != "/" { candidates.append(last.folder) }
    var found: Layout?
    var refusal: DataError?
    for candidate in candidates {
      let layout: Layout?
      do throws(DataError) {
        layout = try Layout.find(String(decoding: candidate.bytes, as: UTF8.self), classes: classes)
      } catch {
        if error.storageTrouble != nil { throw error }
        if candidate == folder { refusal = error }
        continue
      }
      guard let layout else { continue }
      let parts = Split.allCases.compactMap { layout.folder(of: $0) }.map { FileName($0) }
      guard candidate == folder || parts.contains(where: { Self.overlap($0, folder) }) else { continue }
      found = layout
      break
    }
    guard let found else {
      if let refusal { throw refusal }
      return nil
    }
    layout = found
    let val = found.val.map { FileName($0) }.flatMap { Self.overlap($0, folder) ? $0 : nil }
    do {
      if layout.form == .webDataset { try readShards(classes: classes) } else if let val { try read(val, classes: classes) }
    } catch {
      if error.storageTrouble != nil { throw error }
      // Only errors about labels are kept: a folder without any labels is no problem.
      if error.kind == .labels { problem = error.description }
    }
  }

  /// True if one of two folders is the other, or lies in it.
  private static func overlap(_ one: FileName, _ other: FileName) -> Bool {
    one == other || one.relative(to: other) != nil || other.relative(to: one) != nil
  }

  private mutating func readShards(classes: [String]) throws(DataError) {
    let pictures = try ShardedPictures(layout, classes: classes)
    for item in pictures.train + pictures.val { byPath[item.path] = item.wnid }
  }

  private mutating func read(_ val: FileName, classes: [String]) throws(DataError) {
    let contents = try folderContents(val)
    guard contents.folders.isEmpty else {
      let names = contents.folders.map(\.written)
      for (name, wnid) in try NumberedFolders.wnids(of: names, classes: classes, layout) ?? [:] {
        byFolder[val.appending(FileName(written: name))] = wnid
      }
      return
    }
    let words = try ClassWords(layout)
    var sorted = words.sorted
    if sorted.isEmpty, let train = layout.train { sorted = try folderContents(FileName(train)).folders.map(\.className) }
    if sorted.isEmpty { sorted = classes }
    let labels = try ValidationLabels(layout, sortedClasses: sorted.sorted(by: String.byBytes))
    let present = Set(contents.files)
    for file in contents.files { byPath[val.appending(file)] = try labels.wnid(of: file, among: present) }
  }

  /// The class of a picture; nil if the names of its folders have to show it.
  ///
  /// - Parameter path: An absolute path, like that of the folder.
  public func wnid(of path: FileName) -> String? {
    if let wnid = byPath[path] { return wnid }
    if byFolder.isEmpty { return nil }
    var folder = path.folder
    while folder != "/", folder != "." {
      if let wnid = byFolder[folder] { return wnid }
      folder = folder.folder
    }
    return nil
  }

  /// The folders of the set's pictures, if the data folder itself was given and holds many other files; nil for the whole folder.
  public func parts(of folder: FileName) -> [FileName]? {
    switch layout.form {
    case .folders, .classFolders: return nil
    case .kaggle, .official, .tinyImageNet, .webDataset:
      let folders = Split.allCases.flatMap {
        layout.form == .webDataset ? layout.shards[$0] ?? [] : [layout.folder(of: $0)].compactMap { $0 }
      }
      let parts = folders.compactMap { FileName($0).relative(to: folder) }
      return parts.isEmpty ? nil : parts
    }
  }

  /// True if a file belongs to the set and is no picture.
  public func isTable(_ file: FileName) -> Bool {
    switch layout.form {
    case .tinyImageNet: TinyImageNet.isTable(file)
    case .webDataset: WebDataset.labelEndings.contains(file.ending)
    default: false
    }
  }

  /// A part of a sentence such as `2,180 pictures in Kaggle's layout`.
  public func sentence(pictures: Int) -> String { "\(pictures.grouped) picture\(pictures == 1 ? "" : "s") \(layout.form.phrase)" }
}
