import Files
import Foundation
import HDF5
import Images
import Results
import Sizes

/// The files of a gallery: one page of all results, or an index and many pages.
package struct GalleryFiles {
  package static let indexFile = "index.html"
  /// The most results on a single page; more are divided over several pages.
  static let singlePageLimit = 2000
  static let resultsPerPage = 500
  /// The folder of these pages in the result folder.
  static let pageFolder = "pages"
  /// The files of a gallery that a result folder may contain.
  package static let names = [indexFile, "\(pageFolder)/\(pageFile(1))", ContactSheet.file]

  let folder: String
  let header: ResultHeader
  let kind: PageKind
  private let manifest: Manifest
  private let listing: GalleryListing

  package init(folder: String, header: ResultHeader, kind: PageKind) throws {
    (self.folder, self.header, self.kind) = (folder, header, kind)
    manifest = Manifest(of: folder)
    listing = try GalleryListing(manifest)
  }

  /// The number of results.
  package var count: Int { listing.entries.count }

  /// True if a contact sheet exists.
  package var hasSheet: Bool { FileManager.default.fileExists(atPath: path(ContactSheet.file)) }

  private func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }

  static func pageFile(_ number: Int) -> String {
    let digits = "\(number)"
    return "page-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits).html"
  }

  /// Makes the contact sheet of all results, if there are any.
  ///
  /// - Parameters:
  ///   - panels: the number of pictures side by side in each file; the first one is shown.
  ///   - tile: see `GalleryOptions`.
  package func writeSheet(panels: Int, tile: Int?) throws {
    try ContactSheet.write(listing.entries.map { path($0.item + ".png") }, panels: panels, tile: tile, to: folder)
  }

  /// Writes the pages, and removes pages of an earlier gallery that are no longer needed.
  ///
  /// - Parameter lead: the text of the pages about all results.
  package func write(lead: String) throws {
    let entries = listing.entries
    let head = GalleryHead(
      header: header, kind: kind, lead: lead, hasSheet: hasSheet,
      pictureSize: entries.first.flatMap { Self.pictureSize(path($0.item + ".png")) }, missing: missing)
    let index = path(Self.indexFile)
    guard entries.count > Self.singlePageLimit else {
      try AtomicFile.write(GalleryPage(head: head, items: try items(entries[...], root: "")).html(), to: index)
      return Self.removePages(in: folder, after: 0)
    }
    let pages = path(Self.pageFolder)
    try FilePath.makeFolder(pages)
    let count = (entries.count + Self.resultsPerPage - 1) / Self.resultsPerPage
    for number in 1...count {
      let start = (number - 1) * Self.resultsPerPage
      let part = entries[start..<min(start + Self.resultsPerPage, entries.count)]
      let page = GalleryPage(
        head: head, items: try items(part, root: "../"),
        part: GalleryPage.Part(number: number, pages: count, first: start, results: entries.count))
      let path = (pages as NSString).appendingPathComponent(Self.pageFile(number))
      try AtomicFile.write(page.html(), to: path, flush: false)
    }
    try AtomicFile.write(GalleryIndex(head: head, listing: listing).html(), to: index)
    Self.removePages(in: folder, after: count)
  }

  /// Removes the pages with higher numbers, and their folder if it is then empty.
  package static func removePages(in folder: String, after last: Int) {
    let pages = (folder as NSString).appendingPathComponent(pageFolder)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: pages)) ?? [] {
      let digits = name.dropFirst("page-".count).dropLast(".html".count)
      guard let number = Int(digits), number > last, name == pageFile(number) else { continue }
      unlink((pages as NSString).appendingPathComponent(name))
    }
    rmdir(pages)
  }

  private func items(_ entries: ArraySlice<GalleryListing.Entry>, root: String) throws -> [GalleryItem] {
    try entries.map { entry in
      GalleryItem(
        try manifest.record(at: entry.line).common, overlap: try kind.overlap?(manifest, entry.line),
        trace: scoreTrace(entry.item), root: root)
    }
  }

  /// The score trace in an item's file; nil if there is none.
  private func scoreTrace(_ item: String) -> [Float]? {
    guard kind.hasTrace,
      let file = try? HDF5File.open(at: path(item + ".h5")),
      let trace = try? file.readFloats("/score_trace").values, trace.count > 1
    else { return nil }
    return trace
  }
  /// The number of results that a run was to make and hasn't made, because it was broken off; nil if it came to its end, or its
  /// summary doesn't say.
  private var missing: Int? {
    struct Summary: Decodable {
      let total: Int
      let failed: Int
      let stopped: Bool
    }
    guard let summary = try? ResultJSON.file(Summary.self, path(ResultStore.summaryFile)), summary.stopped else { return nil }
    return CheckedSize.sum(count, summary.failed).map { max(0, summary.total.subtractingReportingOverflow($0).partialValue) }
  }

  /// The size in the first bytes of a picture file; nil if there is no such file.
  private static func pictureSize(_ path: String) -> PictureSize? {
    guard let start = try? FileHandle(forReadingAtPath: path)?.read(upToCount: 64) else { return nil }
    let size = start.withUnsafeBytes { PictureFacts($0)?.size }
    return size.flatMap { $0.width > 0 && $0.height > 0 ? $0 : nil }
  }
}
