import Foundation
import Pages
import Results

/// A page of figures of all results, or of one part of many.
///
/// Every result is a figure on the page, so that all are visible without scripts too. The script adds searching, sorting and the
/// large view, from the same data as JSON.
struct GalleryPage {
  /// The part of many results that the page shows.
  struct Part {
    /// The number of the page, from 1.
    let number: Int
    let pages: Int
    /// The number of its first result, from 0.
    let first: Int
    /// The number of results on all pages.
    let results: Int
  }

  let head: GalleryHead
  let items: [GalleryItem]
  var part: Part?

  func html() throws(ResultsError) -> String {
    let content = """
      <main>
      \(navigation)<div class="tools" role="search">
      <label class="search"><span class="hidden">Search</span>
      <input id="search" type="search" placeholder="Search \(part == nil ? "a class or id" : "this page") ( / )" autocomplete="off"></label>
      <label>Sort <select id="sort">
      <option value="item">by \(head.kind.isNamedByClass ? "id" : "file")</option>
      <option value="name">by class name</option>
      <option value="score">by score</option>
      <option value="posterior">by posterior</option>\(head.kind.overlap != nil ? "\n<option value=\"overlap\">by IoU</option>" : "")
      </select></label>
      <output id="count">\(items.count) \(items.count == 1 ? "result" : "results")</output>
      </div>
      <div id="grid">
      \(items.enumerated().map(figure).joined(separator: "\n"))
      </div>
      <p id="none" hidden>Nothing matches.</p>
      \(navigation)</main>
      <dialog id="view" aria-labelledby="view-title">
      <div class="bar">
      <h2 id="view-title"></h2>
      <button type="button" id="previous" aria-label="Previous">←</button>
      <button type="button" id="next" aria-label="Next">→</button>
      <button type="button" id="close" aria-label="Close">✕</button>
      </div>
      <div class="pane"><img id="view-image" alt=""><div id="view-text"></div></div>
      </dialog>
      """
    return try head.document(
      root: part == nil ? "" : "../", subtitle: part.map { ", page \($0.number)" } ?? "", content: content, data: items,
      script: PageParts.galleryPage)
  }

  /// The links to the other pages, if this page shows one part.
  private var navigation: String {
    guard let part else { return "" }
    func link(_ number: Int, _ text: String, _ relation: String) -> String {
      (1...part.pages).contains(number) ? "<a href=\"\(GalleryFiles.pageFile(number))\" rel=\"\(relation)\">\(text)</a>" : ""
    }
    return """
      <nav><a href="../\(GalleryFiles.indexFile)">All \(part.results) results</a>
      <span>\(part.first + 1) – \(part.first + items.count), page \(part.number) of \(part.pages)</span>
      \(link(part.number - 1, "← Previous page", "prev"))
      \(link(part.number + 1, "Next page →", "next"))</nav>

      """
  }

  private func figure(_ index: Int, _ item: GalleryItem) -> String {
    let name = HTML.escape(GalleryHead.firstName(item.name, or: item.class))
    let alt = head.kind.alternative(item)
    let mark = item.truth.map { truth in
      truth == item.answer
        ? "<i class=\"right\" title=\"right class\">✓</i>"
        : "<i class=\"wrong\" title=\"the picture is of \(HTML.escape(truth))\">✗</i>"
    }
    let warning = item.warning.map { "<i class=\"warning\" title=\"\(HTML.escape($0))\">!</i>" }
    let below = head.kind.isNamedByClass ? item.class : item.item
    let number = item.overlap.map { String(format: "%.2f", $0) } ?? Self.percent(item.posterior)
    return """
      <figure data-index="\(index)"><button type="button"><img loading="lazy" decoding="async" src="\(HTML.escape(item.image))" \
      alt="\(HTML.escape(alt))"></button><figcaption>\
      <b title="\(HTML.escape(item.name))">\(name)</b>\(mark ?? "")\(warning ?? "")\
      <span class="number" title="\(item.overlap == nil ? "posterior" : "intersection over union")">\(number)</span><small title="\(HTML.escape(below))">\
      \(HTML.escape(below))</small></figcaption></figure>
      """
  }

  private static func percent(_ value: Float?) -> String {
    guard let value else { return "–" }
    return String(format: value < 0.0995 && value > 0 ? "%.1f %%" : "%.0f %%", Double(value) * 100)
  }
}
