import Cluster
import Files
import Foundation

/// What a job must know of a whole result.
package struct WholeItem: Sendable {
  /// The result's line in the manifest; nil if a crash has lost it.
  let line: Manifest.Line?
  let source: String?
  let picture: FileName?
  let pictureSHA256: String?
  private(set) var pictureStamp: FileStamp?
  let truth: String?
  let annotationSHA256: String?
  /// The present path of the picture's file, if it has moved since; otherwise nil.
  private(set) var movedTo: String?
  /// True if a file of the result is cut.
  var isDamaged = false
  /// True if the result's line in the manifest must be written again.
  private(set) var isAltered = false

  init(_ record: CommonFacts, line: Manifest.Line?) {
    self.line = line
    source = record.source
    picture = record.picture.map(FileName.init(written:))
    (pictureSHA256, truth, annotationSHA256) = (record.pictureSHA256, record.truth, record.annotationSHA256)
    pictureStamp = record.pictureStamp
  }

  /// True if the picture still has the class and the boxes that it had when the result was made.
  func isCurrent(_ now: PictureSource) -> Bool { truth == now.truth && annotationSHA256 == now.annotationSHA256 }

  /// True if the picture's file still holds the bytes that the result was made from. Also records the file's present path and
  /// stamp.
  ///
  /// The bytes are read only if the file's size or time has changed.
  ///
  /// - Throws: `FileError` if the storage is away.
  mutating func isUnchanged(_ now: PictureSource) throws(FileError) -> Bool {
    if now.path.written != source { (movedTo, isAltered) = (now.path.written, true) }
    // A file that can't be examined isn't taken for a different picture.
    guard let stamp = FileStamp(of: now.path), stamp != pictureStamp, let pictureSHA256 else { return true }
    Activity.advance()
    if let digest = try now.digest(), digest != pictureSHA256 { return false }
    (pictureStamp, isAltered) = (stamp, true)
    return true
  }
}

/// The whole results of earlier runs; on rank 0.
package struct EarlierResults: Sendable {
  /// The whole results by item.
  private(set) var whole: [String: WholeItem]
  /// The number of results that are made again because the picture, or what is known of it, has changed.
  private(set) var outdated = 0
  /// The number of results that are made again because a file was damaged.
  private(set) var damaged = 0

  private let bySource: [String: String]
  private let byPicture: [FileName: [String]]

  init(_ whole: [String: WholeItem]) {
    self.whole = whole
    bySource = Dictionary(whole.compactMap { item, found in found.source.map { ($0, item) } }, uniquingKeysWith: min)
    byPicture = Dictionary(grouping: whole.compactMap { item, found in found.picture.map { (name: $0, item: item) } }, by: \.name)
      .mapValues { $0.map(\.item) }
  }

  /// Reads the results that the manifest of a folder lists, whether or not their files exist.
  package init(in folder: String) throws {
    var whole: [String: WholeItem] = [:]
    try Manifest(of: folder).forEach { record, line in whole[record.item] = WholeItem(record.common, line: line) }
    self.init(whole)
  }

  /// Returns an item per name, in the same order, for subjects that aren't pictures and have names of their own.
  package func items(named names: [String]) -> [String] {
    let existing = Dictionary(whole.keys.map { (ItemNames.name(of: $0), $0) }, uniquingKeysWith: min)
    return ItemNames.items(named: names, existing: existing)
  }

  /// Returns the item of a picture: that of the same file, or that of a file which has since moved, with the same content and the
  /// same path within the folder that was given. Nil if there is none.
  ///
  /// - Parameter others: the items of other pictures.
  /// - Throws: `FileError` if the storage is away.
  package func item(of picture: PictureSource, others: Set<String> = []) throws(FileError) -> String? {
    if let item = bySource[picture.path.written] { return item }
    guard let candidates = byPicture[picture.name]?.filter({ !others.contains($0) }), !candidates.isEmpty,
      let digest = try picture.digest()
    else { return nil }
    return candidates.filter { whole[$0]?.pictureSHA256 == digest }.min()
  }

  /// Returns an item per picture, in the same order; see `ItemNames`.
  ///
  /// - Throws: `FileError` if the storage is away.
  package func items(of pictures: [PictureSource]) throws(FileError) -> [String] {
    // Names of other pictures' results are taken as well.
    var existing = Dictionary(whole.map { item, found in (found.source ?? item, item) }, uniquingKeysWith: min)
    let inPlace = Set(pictures.compactMap { bySource[$0.path.written] })
    for picture in pictures {
      if let item = try item(of: picture, others: inPlace) { existing[picture.path.written] = item }
    }
    return ItemNames.names(for: pictures.map(\.path.written), existing: existing)
  }

  /// True if the item has a result that can stay. A result that is damaged or out of date is forgotten.
  ///
  /// - Throws: `FileError` if the storage is away.
  mutating func take(_ item: String, of picture: PictureSource?) throws(FileError) -> Bool {
    guard var found = whole[item] else { return false }
    if found.isDamaged {
      whole[item] = nil
      damaged += 1
      return false
    }
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
