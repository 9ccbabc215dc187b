import Cluster
import DataSets
import Files
import Foundation

/// What a job must know of a result that is whole.
struct WholeItem {
  /// In the manifest; nil when a crash has swallowed it.
  let line: Manifest.Line?
  let source: String?
  let picture: FileName?
  let pictureSHA256: String?
  private(set) var pictureStamp: FileStamp?
  let truth: String?
  let annotationSHA256: String?
  /// Of a result of an earlier version, which kept no digest of the annotation.
  let boxes: FramedAnswer?
  /// Where the picture's file lies now, when it has moved since.
  private(set) var movedTo: String?
  /// Whether its line in the manifest has to be written anew.
  private(set) var isAltered = false

  /// True boxes in a picture.
  struct FramedAnswer {
    let boxes: [BoundingBox]
    let frame: PictureFrame
  }

  init(_ record: ResultRecord, line: Manifest.Line?) {
    self.line = line
    source = record.source
    picture = record.picture.map(FileName.init(written:))
    (pictureSHA256, truth, annotationSHA256) = (record.pictureSHA256, record.truth, record.annotationSHA256)
    pictureStamp = record.pictureStamp
    if record.picture == nil, let boxes = record.truthBoxes, let width = record.width, let height = record.height {
      self.boxes = FramedAnswer(boxes: boxes, frame: PictureFrame(width: width, height: height))
    } else {
      boxes = nil
    }
  }

  /// Whether the result is what a run would make of the item now: of the same class, and with the same boxes.
  func isCurrent(_ item: WorkItem) -> Bool {
    guard item.source != nil else { return true }
    guard truth == item.truth else { return false }
    if picture != nil { return annotationSHA256 == item.annotation?.digest }
    return boxes.map { item.annotation?.boxes(in: $0.frame).boxes ?? [] == $0.boxes } ?? true
  }

  /// Whether the picture's file still holds the bytes that the result was made of; notes where it lies, and its stamp.
  ///
  /// Its bytes are read only where its size or its time isn't what it was.
  ///
  /// - Throws: `FileError` when the storage is away.
  mutating func isUnchanged(_ item: WorkItem) throws(FileError) -> Bool {
    guard let now = item.source else { return true }
    if now != source { (movedTo, isAltered) = (now, true) }
    let file = FileName(written: now)
    // What can't be looked at is no other picture.
    guard let stamp = FileStamp(of: file), stamp != pictureStamp, let pictureSHA256 else { return true }
    Activity.advance()
    if let digest = try PictureFile.digest(of: file), digest != pictureSHA256 { return false }
    (pictureStamp, isAltered) = (stamp, true)
    return true
  }
}

/// The whole results of earlier runs, on rank 0.
struct EarlierResults {
  /// By item.
  private(set) var whole: [String: WholeItem]
  /// Results that are out of date and made again: the picture has changed, or what is known of it.
  private(set) var outdated = 0

  private let bySource: [String: String]
  private let byPicture: [FileName: [String]]

  init(_ whole: [String: WholeItem]) {
    self.whole = whole
    bySource = Dictionary(whole.compactMap { item, found in found.source.map { ($0, item) } }, uniquingKeysWith: min)
    byPicture = Dictionary(grouping: whole.compactMap { item, found in found.picture.map { (name: $0, item: item) } }, by: \.name)
      .mapValues { $0.map(\.item) }
  }

  /// Of the results in a folder, whose files need not be there.
  init(in folder: String) throws {
    var whole: [String: WholeItem] = [:]
    try Manifest(of: folder).forEach { record, line in whole[record.item] = WholeItem(record, line: line) }
    self.init(whole)
  }

  /// The items of things that are no pictures, by name.
  var byName: [String: String] {
    Dictionary(whole.keys.map { (ItemNames.name(of: $0), $0) }, uniquingKeysWith: min)
  }

  /// The item of a picture: of the same file, or of one with the same content and the same path from the folder that was
  /// given, which then lies elsewhere now.
  ///
  /// - Parameter others: the items of other pictures.
  /// - Throws: `FileError` when the storage is away.
  func item(of picture: PictureFile, others: Set<String> = []) throws(FileError) -> String? {
    if let item = bySource[picture.path.written] { return item }
    guard let candidates = byPicture[picture.name]?.filter({ !others.contains($0) }), !candidates.isEmpty,
      let digest = try PictureFile.digest(of: picture.path)
    else { return nil }
    return candidates.filter { whole[$0]?.pictureSHA256 == digest }.min()
  }

  /// The items of pictures that have one, by the pictures' paths.
  private func items(of pictures: some Collection<PictureFile>) throws(FileError) -> [String: String] {
    let inPlace = Set(pictures.compactMap { bySource[$0.path.written] })
    var found: [String: String] = [:]
    for picture in pictures { found[picture.path.written] = try item(of: picture, others: inPlace) }
    return found
  }

  /// An item a picture, in their order; see `ItemNames`.
  ///
  /// - Throws: `FileError` when the storage is away.
  func workItems(of pictures: some Collection<PictureFile>) throws(FileError) -> [WorkItem] {
    // Names of results of other pictures are taken as well.
    let others = Dictionary(whole.map { item, found in (found.source ?? item, item) }, uniquingKeysWith: min)
    let names = ItemNames.names(for: pictures.map(\.path.written), existing: others.merging(try items(of: pictures)) { $1 })
    return zip(names, pictures).map { WorkItem(name: $0, picture: $1) }
  }

  /// Whether there is a result of the item that stays; one that is out of date doesn't count any more.
  ///
  /// - Throws: `FileError` when the storage is away.
  mutating func take(_ item: WorkItem) throws(FileError) -> Bool {
    guard var found = whole[item.name] else { return false }
    guard found.isCurrent(item), try found.isUnchanged(item) else {
      whole[item.name] = nil
      outdated += 1
      return false
    }
    whole[item.name] = found
    return true
  }
}

extension PictureFile {
  /// SHA-256 of a file's bytes; nil when it can't be read.
  ///
  /// - Throws: `FileError` when that says nothing of the file: the storage is away.
  static func digest(of path: FileName) throws(FileError) -> String? {
    do throws(FileError) {
      return try WholeFile.read(path).withUnsafeBytes { SHA256.hex(of: $0) }
    } catch {
      if error.storageTrouble != nil { throw error }
      return nil
    }
  }
}

extension Annotation {
  /// SHA-256 of its size and boxes.
  var digest: String {
    SHA256.hex(
      of: "\(width) \(height)"
        + boxes.map { "\n\($0.xmin) \($0.ymin) \($0.xmax) \($0.ymax) \($0.wnid)" }.joined())
  }
}

extension ResultRecord {
  /// Takes over what the result is recognised by.
  mutating func describe(_ item: WorkItem) {
    (source, truth) = (item.source, item.truth)
    picture = item.picture?.written
    let file = item.source.map(FileName.init(written:))
    // The time first: should the file change between the two, a later run looks at its bytes.
    pictureStamp = file.flatMap(FileStamp.init(of:))
    pictureSHA256 = file.flatMap { try? PictureFile.digest(of: $0) }
    annotationSHA256 = item.annotation?.digest
  }
}
