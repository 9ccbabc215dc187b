import Files
import Foundation
import Pages

extension ReportPage {
  /// A table of the curves' values over epochs. If there are very many epochs, it has every n-th and the best.
  var epochTable: String {
    guard !history.epochs.isEmpty else { return "" }
    let every = (history.epochs.count + 399) / 400
    let best = history.best?.epoch
    let lines = history.epochs.enumerated().filter { index, line in
      index % every == 0 || index == history.epochs.count - 1 || line.epoch == best
    }.map(\.element)
    func cell(_ value: Double?, _ text: (Double) -> String) -> String { value.map(text) ?? "–" }
    let rows = lines.map { line in
      (
        cells: [
          "\(Int(line.epoch))\(line.epoch == best ? " (best)" : "")", "\(line.step)", cell(line.trainLoss, Self.loss),
          cell(line.valLoss, Self.loss), cell(line.valTop1Error, Self.percent), cell(line.valTop5Error, Self.percent),
          cell(line.learningRate, LineChart.plain), cell(line.seconds) { String(format: "%.1f", $0) },
        ], isMarked: line.epoch == best
      )
    }
    return Self.section(
      "Epochs", open: lines.count <= 20,
      Self.table(
        caption:
          "Each epoch\(every > 1 ? " (every \(every)th)" : ""): losses in nats a picture, errors on the validation pictures",
        ["epoch", "update", "training loss", "validation loss", "top-1 error", "top-5 error", "rate after it", "seconds"], rows))
  }

  /// A table of the curves' values over updates, in at most 60 rows.
  var stepTable: String {
    var bins = history.steps.filled
    guard !bins.isEmpty else { return "" }
    let every = (bins.count + 59) / 60
    bins = stride(from: 0, to: bins.count, by: every).map { first in
      bins[first..<min(first + every, bins.count)].reduce(into: ThinnedSteps.Bin()) { $0.add($1) }
    }
    let rows = bins.map { bin in
      (
        cells: [
          "\(bin.step)", String(format: "%.2f", bin.epoch), Self.loss(bin.loss), Self.loss(bin.lowestLoss),
          Self.loss(bin.highestLoss), LineChart.plain(bin.learningRate), bin.imagesPerSecond.map(Self.speed) ?? "–",
          String(format: "%.1f", bin.dataWaitMilliseconds), String(format: "%.1f", bin.reductionWaitMilliseconds),
        ], isMarked: false
      )
    }
    return Self.section(
      "Updates", open: false,
      Self.table(
        caption: "Means over up to \(every * history.steps.width) updates each",
        [
          "up to update", "epoch", "loss", "lowest", "highest", "rate", "img/s", "waited for pictures, ms",
          "for sums over ranks, ms",
        ], rows))
  }

  /// A table of error rates per class, the worst first.
  var classTable: String {
    guard !classes.isEmpty else { return "" }
    let most = 2000
    let sorted = classes.sorted { ($0.top1Error, $1.wnid) > ($1.top1Error, $0.wnid) }.prefix(most)
    let rows = sorted.map { item in
      """
      <tr><th scope="row">\(HTML.escape(item.name))\(item.name == item.wnid ? "" : " <small>\(HTML.escape(item.wnid))</small>")</th>\
      <td>\(item.pictures)</td><td class="bar" style="--share: \(String(format: "%.3f", item.top1Error))">\
      \(Self.percent(item.top1Error))</td><td>\(Self.percent(item.top5Error))</td></tr>
      """
    }
    let head = ["class", "pictures", "top-1 error", "top-5 error"].map { "<th scope=\"col\">\($0)</th>" }.joined()
    let caption =
      "Errors of each class in the last evaluation, the worst first\(classes.count > most ? "; the \(most) worst" : "")"
    return Self.section(
      "Classes", open: rows.count <= 20,
      """
      <div class="scroll" tabindex="0" role="region" aria-label="Errors by class"><table class="classes"><caption><span>\(caption)</span></caption>
      <thead><tr>\(head)</tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """)
  }

  var optionTable: String {
    let rows = run.rows.map { "<div><dt>\(HTML.escape($0.name))</dt><dd>\(HTML.escape($0.value))</dd></div>" }
    return Self.section("Options", open: true, "<dl class=\"options\">\(rows.joined(separator: "\n"))</dl>")
  }

  private static func section(_ title: String, open: Bool, _ content: String) -> String {
    "<section><details\(open ? " open" : "")><summary><h2>\(HTML.escape(title))</h2></summary>\n\(content)\n</details></section>"
  }

  /// Makes a table. The first cell of a row is its heading.
  private static func table(caption: String, _ head: [String], _ rows: [(cells: [String], isMarked: Bool)]) -> String {
    let body = rows.map { row in
      let cells = row.cells.enumerated().map { index, cell in
        index == 0 ? "<th scope=\"row\">\(HTML.escape(cell))</th>" : "<td>\(HTML.escape(cell))</td>"
      }
      return "<tr\(row.isMarked ? " class=\"best\"" : "")>\(cells.joined())</tr>"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(HTML.escape(caption))"><table><caption><span>\(HTML.escape(caption))</span></caption>
      <thead><tr>\(head.map { "<th scope=\"col\">\(HTML.escape($0))</th>" }.joined())</tr></thead><tbody>
      \(body.joined(separator: "\n"))
      </tbody></table></div>
      """
  }
}
