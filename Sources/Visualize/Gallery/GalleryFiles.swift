import Files
import Foundation
import HDF5
import Results

/// The files of a gallery: one page of all results, or an index and many pages.
struct GalleryFiles {
  /// More results are shared out over several pages.
  static let singlePageLimit = 2000
  static let resultsPerPage = 500
  /// In the result folder.
  static let pageFolder = "pages"

  let folder: String
  let head: GalleryHead
  let manifest: Manifest
  let listing: GalleryListing

  static func pageFile(_ number: Int) -> String {
    let digits = "\(number)"
    return "page-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits).html"
  }

  /// Writes what there must be, and removes pages that there were more of.
  func write() throws {
    let entries = listing.entries
    let index = (folder as NSString).appendingPathComponent(Gallery.pageFile)
    guard entries.count > Self.singlePageLimit else {
      try AtomicFile.write(GalleryPage(head: head, items: try items(entries[...], root: "")).html(), to: index)
      return Self.removePages(in: folder, after: 0)
    }
    let pages = (folder as NSString).appendingPathComponent(Self.pageFolder)
    try makeFolder(pages)
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

  /// Removes the pages of higher numbers, and their folder when it is empty then.
  static func removePages(in folder: String, after last: Int) {
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
        try manifest.record(at: entry.line).common, overlap: try head.kind.overlap?(manifest, entry.line),
        trace: scoreTrace(entry.item), root: root)
    }
  }

  /// The score trace in an item's file; nil when it has none.
  private func scoreTrace(_ item: String) -> [Float]? {
    guard head.kind.hasTrace,
      let file = try? HDF5File.open(at: (folder as NSString).appendingPathComponent(item + ".h5")),
      let trace = try? file.readFloats("/score_trace").values, trace.count > 1
    else { return nil }
    return trace
  }
}
