import Files
import Foundation
import Images

/// The HTML of a gallery.
///
/// Every result is in it as a figure, so that the page shows all of them without scripts too; the script adds searching,
/// sorting and the large view, from the same data as JSON. Every text that comes from data is escaped.
struct GalleryPage {
  let header: ResultHeader
  let items: [GalleryItem]
  /// Of the first item's picture, where it is known.
  var pictureSize: PictureSize?

  func html() throws(VisualizeError) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(Self.escape(title)) · deepinside</title>
    <style>\(Self.style)</style>
    </head>
    <body class="\(isClassModels ? "models" : isLocalisation ? "maps wide" : "maps")" style="--aspect: \(aspect)">
    <header>
    <h1>\(Self.escape(title))</h1>
    <p class="lead">\(lead)</p>
    \(isPaperNet ? "" : "<p class=\"note\">\(Self.escape(presetNote))</p>\n")\(parameters)
    </header>
    <main>
    <div class="tools" role="search">
    <label class="search"><span class="hidden">Search</span>
    <input id="search" type="search" placeholder="Search a class or id" autocomplete="off"></label>
    <label>Sort <select id="sort">
    <option value="item">by \(isClassModels ? "id" : "file")</option>
    <option value="name">by class name</option>
    <option value="score">by score</option>
    <option value="posterior">by posterior</option>\(isLocalisation ? "\n<option value=\"overlap\">by IoU</option>" : "")
    </select></label>
    <output id="count">\(items.count) \(items.count == 1 ? "result" : "results")</output>
    </div>
    <div id="grid">
    \(items.enumerated().map(figure).joined(separator: "\n"))
    </div>
    <p id="none" hidden>Nothing matches.</p>
    </main>
    <dialog id="view" aria-labelledby="view-title">
    <div class="bar">
    <h2 id="view-title"></h2>
    <button type="button" id="previous" aria-label="Previous">←</button>
    <button type="button" id="next" aria-label="Next">→</button>
    <button type="button" id="close" aria-label="Close">✕</button>
    </div>
    <div class="pane"><img id="view-image" alt=""><div id="view-text"></div></div>
    </dialog>
    <script type="application/json" id="data">\(Self.scriptSafe(try ResultJSON.text(items)))</script>
    <script>\(Self.script)</script>
    </body>
    </html>

    """
  }

  private var isClassModels: Bool { header.command == ClassModelJob.command }
  private var isLocalisation: Bool { header.command == LocalisationJob.command }

  /// Width to height of an item's picture: by default two crops and the gap between them.
  private var aspect: String {
    if let size = pictureSize { return "\(size.width) / \(size.height)" }
    let (height, width) = (header.input.dropFirst().first ?? 1, header.input.last ?? 1)
    return "\(2 * width + Picture.gap) / \(height)"
  }

  /// The paper's net, whose numbers may be compared with the paper's.
  private var isPaperNet: Bool { header.network == "cnn-f" }

  private var title: String {
    switch header.command {
    case ClassModelJob.command: "Class models"
    case SaliencyJob.command: "Saliency maps"
    case ReconstructionJob.command: "Reconstructions"
    case AssessmentJob.command: "Assessed maps"
    case LocalisationJob.command: "Localisation"
    default: header.command.prefix(1).uppercased() + header.command.dropFirst()
    }
  }

  private var lead: String {
    let what =
      switch header.command {
      case ClassModelJob.command: "What the network finds most typical of each class: the picture that raises its score most."
      case LocalisationJob.command:
        localisationLead
      case SaliencyJob.command: "Each picture, and how much every pixel of it matters for the score of a class."
      case ReconstructionJob.command:
        "What excites units of a layer: their activation taken back to the pixels, and beside it the same part of the picture."
      case AssessmentJob.command: "Each picture and its maps by every method. The tables are in assessment.html."
      default: ""
      }
    let size = header.input.dropFirst().reversed().map(String.init).joined(separator: "×")
    return Self.escape(what)
      + " Made by <b>\(Self.escape(header.network))</b> (\(size) pixels, \(header.classCount) classes)"
      + " from <code>\(Self.escape(header.checkpointFile))</code>,"
      + " SHA-256 <code title=\"\(Self.escape(header.checkpointSHA256))\">"
      + Self.escape(String(header.checkpointSHA256.prefix(12))) + "…</code>"
  }

  private var localisationLead: String {
    let seeds =
      header.parameters["box"] == .text(LocalisationOptions.Box.graphcut.rawValue)
      ? "the seeds of the cut, of the object (orange) and the background (blue), " : ""
    return "From left to right: the picture with the box found (orange) and the true ones (green), the saliency map, \(seeds)"
      + "and what was cut out."
  }

  private var presetNote: String {
    "\(header.network) is not the paper's network (cnn-f, 224×224): "
      + "its pictures, scores and errors are not comparable with the paper's."
  }

  private var parameters: String {
    let rows = header.parameters.sorted { $0.key < $1.key }.map { name, value in
      "<div><dt>\(Self.escape(name))</dt><dd>\(Self.escape(value.description))</dd></div>"
    }
    return "<details><summary>Parameters</summary><dl>\(rows.joined())</dl></details>"
  }

  private func figure(_ index: Int, _ item: GalleryItem) -> String {
    let name = Self.escape(Self.firstName(item.name, or: item.class))
    let alt =
      isClassModels
      ? "Class model of \(item.name) (\(item.class))"
      : "\(item.source ?? item.item), and \(isLocalisation ? "what was found" : "its saliency map") for \(item.name) (\(item.class))"
    let mark = item.truth.map { truth in
      truth == item.class
        ? "<i class=\"right\" title=\"right class\">✓</i>"
        : "<i class=\"wrong\" title=\"the picture is of \(Self.escape(truth))\">✗</i>"
    }
    let warning = item.warning.map { "<i class=\"warning\" title=\"\(Self.escape($0))\">!</i>" }
    let below = isClassModels ? item.class : item.item
    let number = item.overlap.map { String(format: "%.2f", $0) } ?? Self.percent(item.posterior)
    return """
      <figure data-index="\(index)"><button type="button"><img loading="lazy" decoding="async" src="\(Self.escape(item.image))" \
      alt="\(Self.escape(alt))"></button><figcaption>\
      <b title="\(Self.escape(item.name))">\(name)</b>\(mark ?? "")\(warning ?? "")\
      <span class="number" title="\(item.overlap == nil ? "posterior" : "intersection over union")">\(number)</span><small title="\(Self.escape(below))">\
      \(Self.escape(below))</small></figcaption></figure>
      """
  }

  /// The first of a synset's words: `tench` of `tench, Tinca tinca`.
  static func firstName(_ name: String, or wnid: String) -> String {
    let first = name.split(separator: ",").first.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    return first.isEmpty ? wnid : first
  }

  static func percent(_ value: Float?) -> String {
    guard let value else { return "–" }
    return String(format: value < 0.0995 && value > 0 ? "%.1f %%" : "%.0f %%", Double(value) * 100)
  }

  static func escape(_ text: String) -> String { HTML.escape(text) }

  /// JSON that can't end the script element it stands in, nor start a comment.
  static func scriptSafe(_ json: String) -> String {
    json.replacingOccurrences(of: "<", with: "\\u003c").replacingOccurrences(of: ">", with: "\\u003e")
      .replacingOccurrences(of: "&", with: "\\u0026")
  }
}
