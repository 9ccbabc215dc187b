import Foundation
import Images
import Pages
import Results

/// The parts that all pages of a gallery have in common. All texts from data are escaped.
struct GalleryHead {
  let header: ResultHeader
  let kind: PageKind
  /// The text of the page about all results.
  var lead = ""
  var hasSheet = false
  /// The size of the first item's picture; nil if it isn't known.
  var pictureSize: PictureSize?
  /// The number of results that were to be made and hadn't been made when the page was written; nil if the run came to its end.
  var missing: Int?

  /// Makes a whole page.
  ///
  /// - Parameters:
  ///   - root: the address of the result folder relative to the page, with a slash at its end; empty if the page is in that
  ///     folder.
  ///   - subtitle: the text after the title.
  ///   - content: HTML of the main part.
  ///   - data: the data for the script, in the element `data`.
  func document(
    root: String = "", subtitle: String = "", content: String, data: some Encodable, script: String
  ) throws(ResultsError) -> String {
    let sheet = hasSheet ? " <a href=\"\(root)\(ContactSheet.file)\">All on one sheet.</a>" : ""
    let body = """
      <header>
      <h1>\(HTML.escape(kind.title))</h1>
      <p class="lead">\(HTML.escape(lead))\(sheet) \(origin)</p>
      \(isPaperNet ? "" : "<p class=\"note\">\(HTML.escape(presetNote))</p>\n")\(missingNote)\(parameters)
      </header>
      \(content)
      <script type="application/json" id="data">\(Self.scriptSafe(try ResultJSON.text(data)))</script>
      <script>\(PageParts.galleryShared)\(script)</script>
      """
    return HTML.page(
      title: kind.title + subtitle, style: PageParts.galleryStyle,
      attributes: "class=\"\(kind.style)\" style=\"--aspect: \(aspect)\"", body: body
    )
  }

  /// The ratio of width to height of an item's picture; by default that of two crops and the gap between them.
  private var aspect: String {
    if let size = pictureSize { return "\(size.width) / \(size.height)" }
    let (height, width) = (header.input.dropFirst().first ?? 1, header.input.last ?? 1)
    return "\(2 * width + Picture.gap) / \(height)"
  }

  /// True for the paper's net, whose error rates can be compared with the paper's.
  private var isPaperNet: Bool { header.network == "cnn-f" }

  private var origin: String {
    let size = header.input.dropFirst().reversed().map(String.init).joined(separator: "×")
    return "Made by <b>\(HTML.escape(header.network))</b> (\(size) pixels, \(header.classCount) classes)"
      + " from <code>\(HTML.escape(header.checkpointFile))</code>,"
      + " SHA-256 <code title=\"\(HTML.escape(header.checkpointSHA256))\">"
      + HTML.escape(String(header.checkpointSHA256.prefix(12))) + "…</code>"
  }

  private var presetNote: String {
    "\(header.network) is not the paper's network (cnn-f, 224×224): "
      + "its pictures, scores and errors are not comparable with the paper's."
  }

  private var missingNote: String {
    guard let missing else { return "" }
    return "<p class=\"note\">The run had not come to its end when this page was made: \(missing) more results were to come. "
      + "<code>deepinside gallery</code> makes the page anew.</p>\n"
  }

  private var parameters: String {
    let rows = header.parameters.sorted { $0.key < $1.key }.map { name, value in
      "<div><dt>\(HTML.escape(name))</dt><dd>\(HTML.escape(value.description))</dd></div>"
    }
    return "<details><summary>Parameters</summary><dl>\(rows.joined())</dl></details>"
  }

  /// The first of a synset's words, such as `tench` for `tench, Tinca tinca`.
  static func firstName(_ name: String, or wnid: String) -> String {
    let first = name.split(separator: ",").first.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    return first.isEmpty ? wnid : first
  }

  /// JSON in a form that can't end the script element in which it is, or start a comment.
  private static func scriptSafe(_ json: String) -> String {
    json.replacing("<", with: "\\u003c").replacing(">", with: "\\u003e").replacing("&", with: "\\u0026")
  }
}
