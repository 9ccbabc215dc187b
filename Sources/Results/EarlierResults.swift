import Cluster
import Files
import Foundation

/// What a job must know of a result that is whole.
package struct WholeItem: Sendable {
  /// In the manifest; nil when a crash has swallowed it.
  let line: Manifest.Line?
  let source: String?
  let picture: FileName?
  let pictureSHA256: String?
  private(set) var pictureStamp: FileStamp?
  let truth: String?
  let annotationSHA256: String?
  /// Where the picture's file lies now, when it has moved since.
  private(set) var movedTo: String?
  /// Whether its line in the manifest has to be written anew.
  private(set) var isAltered = false

  init(_ record: CommonFacts, line: Manifest.Line?) {
    self.line = line
    source = record.source
    picture = record.picture.map(FileName.init(written:))
    (pictureSHA256, truth, annotationSHA256) = (record.pictureSHA256, record.truth, record.annotationSHA256)
    pictureStamp = record.pictureStamp
  }

  /// Whether the result is what a run would make of the picture now: of the same class, and with the same boxes.
  func isCurrent(_ now: PictureSource) -> Bool { truth == now.truth && annotationSHA256 == now.annotationSHA256 }

  /// Whether the picture's file still holds the bytes that the result was made of; notes where it lies, and its stamp.
  ///
  /// Its bytes are read only where its size or its time isn't what it was.
  ///
  /// - Throws: `FileError` when the storage is away.
  mutating func isUnchanged(_ now: PictureSource) throws(FileError) -> Bool {
    if now.path.written != source { (movedTo, isAltered) = (now.path.written, true) }
    // What can't be looked at is no other picture.
    guard let stamp = FileStamp(of: now.path), stamp != pictureStamp, let pictureSHA256 else { return true }
    Activity.advance()
    if let digest = try now.digest(), digest != pictureSHA256 { return false }
    (pictureStamp, isAltered) = (stamp, true)
    return true
  }
}

/// The whole results of earlier runs, on rank 0.
package struct EarlierResults: Sendable {
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
  package init(in folder: String) throws {
    var whole: [String: WholeItem] = [:]
    try Manifest(of: folder).forEach { record, line in whole[record.item] = WholeItem(record.common, line: line) }
    self.init(whole)
  }

  /// An item for each of some things that are no pictures and have names of their own, in their order.
  package func items(named names: [String]) -> [String] {
    let existing = Dictionary(whole.keys.map { (ItemNames.name(of: $0), $0) }, uniquingKeysWith: min)
    return ItemNames.items(named: names, existing: existing)
  }

  /// The item of a picture: of the same file, or of one with the same content and the same path from the folder that was
  /// given, which then lies elsewhere now.
  ///
  /// - Parameter others: the items of other pictures.
  /// - Throws: `FileError` when the storage is away.
  package func item(of picture: PictureSource, others: Set<String> = []) throws(FileError) -> String? {
    if let item = bySource[picture.path.written] { return item }
    guard let candidates = byPicture[picture.name]?.filter({ !others.contains($0) }), !candidates.isEmpty,
      let digest = try picture.digest()
    else { return nil }
    return candidates.filter { whole[$0]?.pictureSHA256 == digest }.min()
  }

  /// An item for each picture, in their order; see `ItemNames`.
  ///
  /// - Throws: `FileError` when the storage is away.
  package func items(of pictures: [PictureSource]) throws(FileError) -> [String] {
    // Names of results of other pictures are taken as well.
    var existing = Dictionary(whole.map { item, found in (found.source ?? item, item) }, uniquingKeysWith: min)
    let inPlace = Set(pictures.compactMap { bySource[$0.path.written] })
    for picture in pictures {
      if let item = try item(of: picture, others: inPlace) { existing[picture.path.written] = item }
    }
    return ItemNames.names(for: pictures.map(\.path.written), existing: existing)
  }

  /// Whether there is a result of the item that stays; one that is out of date doesn't count any more.
  ///
  /// - Throws: `FileError` when the storage is away.
  mutating func take(_ item: String, of picture: PictureSource?) throws(FileError) -> Bool {
    guard var found = whole[item] else { return false }
    guard let picture else { return true }
    guard found.isCurrent(picture), try found.isUnchanged(picture) else {
      whole[item] = nil
      outdated += 1
      return false
    }
    whole[item] = found
    return true
  }
}
