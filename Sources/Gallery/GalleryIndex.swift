import Foundation
import Pages
import Results

/// The page that leads to the pages of many results, with a search over all of them, the pages, and the classes.
struct GalleryIndex {
  let head: GalleryHead
  let listing: GalleryListing

  /// The data for the script: a result is an item and the number of its class.
  private struct Contents: Encodable {
    let perPage: Int
    /// Synset id and name.
    let classes: [[String]]
    let items: [String]
    let classOf: [Int]
  }

  func html() throws(ResultsError) -> String {
    let entries = listing.entries
    let perPage = GalleryFiles.resultsPerPage
    let pages = stride(from: 0, to: entries.count, by: perPage).enumerated().map { number, start in
      let file = "\(GalleryFiles.pageFolder)/\(GalleryFiles.pageFile(number + 1))"
      let last = entries[min(start + perPage, entries.count) - 1]
      return "<li><a href=\"\(file)\">Page \(number + 1)</a> <small>\(HTML.escape(entries[start].name)) – "
        + "\(HTML.escape(last.name))</small></li>"
    }
    let classes = listing.classes.map { (name: GalleryHead.firstName($0.name, or: $0.wnid), of: $0) }
      .sorted { "\($0.name) \($0.of.wnid)".localizedStandardCompare("\($1.name) \($1.of.wnid)") == .orderedAscending }
      .map { name, found in
        "<li><button type=\"button\" data-search=\"\(HTML.escape(found.wnid))\" title=\"\(HTML.escape(found.name))\">"
          + "\(HTML.escape(name))</button> <small>\(found.count)</small></li>"
      }
    let content = """
      <main>
      <div class="tools" role="search">
      <label class="search"><span class="hidden">Search</span>
      <input id="search" type="search" placeholder="Search all: a class, id or file ( / )" autocomplete="off"></label>
      <output id="count">\(entries.count) results</output>
      </div>
      <div id="grid"></div>
      <p id="none" hidden>Nothing matches.</p>
      <div id="contents">
      <h2>Pages</h2>
      <ol class="list">
      \(pages.joined(separator: "\n"))
      </ol>
      <h2>Classes</h2>
      <ul class="list">
      \(classes.joined(separator: "\n"))
      </ul>
      </div>
      </main>
      """
    return try head.document(
      content: content,
      data: Contents(
        perPage: perPage, classes: listing.classes.map { [$0.wnid, $0.name] }, items: entries.map(\.item),
        classOf: entries.map(\.classIndex)),
      script: PageParts.galleryIndex)
  }
}
