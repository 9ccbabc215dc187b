import Foundation
import Pages

/// A chart of img/s over nodes, both on scales of powers of two, as an SVG file: one curve per way of sharing the work, and a
/// straight line for nodes that don't need to communicate.
public struct ScalingChart {
  private let table: ScalingTable
  private let title: String

  public init(_ table: ScalingTable, title: String) {
    self.table = table
    self.title = title
  }

  private static let size = (width: 760.0, height: 470.0)
  private static let plot = (left: 78.0, right: 540.0, top: 52.0, bottom: 412.0)

  public func svg() -> String {
    guard let first = table.rows.first, let last = table.rows.last else { return "" }
    let ideal = first.imagesPerSecond / first.efficiency / Double(first.nodes)
    let nodes = Set(table.rows.map(\.nodes)).sorted()
    let rates = table.rows.map(\.imagesPerSecond)
    let low = floor(log2(rates.min() ?? 1))
    let high = max(low + 1, ceil(log2(ideal * Double(last.nodes))))
    let (left, right) = (log2(Double(first.nodes)), max(log2(Double(last.nodes)), log2(Double(first.nodes)) + 1))
    let plot = Self.plot
    func x(_ nodes: Double) -> Double { plot.left + (plot.right - plot.left) * (log2(nodes) - left) / (right - left) }
    func y(_ rate: Double) -> Double { plot.bottom - (plot.bottom - plot.top) * (log2(rate) - low) / (high - low) }
    func number(_ value: Double) -> String { String(format: "%.1f", value) }

    var parts = [
      "<text class=\"title\" x=\"\(plot.left)\" y=\"24\">\(HTML.escape(title))</text>",
      "<text x=\"\(plot.left)\" y=\"42\">pictures per second</text>",
      "<text x=\"\(plot.right)\" y=\"\(plot.bottom + 40)\" text-anchor=\"end\">nodes</text>",
    ]
    for power in stride(from: low, through: high, by: max(1, ((high - low) / 8).rounded(.up))) {
      let rate = pow(2, power)
      parts.append("<path class=\"grid\" d=\"M\(plot.left) \(number(y(rate)))H\(plot.right)\"/>")
      parts.append(
        "<text x=\"\(plot.left - 8)\" y=\"\(number(y(rate)))\" dy=\".35em\" text-anchor=\"end\">\(String(format: "%g", rate))</text>"
      )
    }
    for count in nodes {
      parts.append(
        "<text x=\"\(number(x(Double(count))))\" y=\"\(plot.bottom + 20)\" text-anchor=\"middle\">\(count)</text>")
    }
    let ends = [first.nodes, last.nodes].map { "\(number(x(Double($0)))) \(number(y(ideal * Double($0))))" }
    parts.append("<path class=\"ideal\" d=\"M\(ends.joined(separator: "L"))\"/>")
    let ways = table.rows.filter { $0.nodes > 1 }.reduce(into: [String]()) { if !$0.contains($1.how) { $0.append($1.how) } }
    var key = plot.top + 8
    parts.append(contentsOf: entry("ideal", "no communication", at: &key))
    for (index, way) in ways.enumerated() {
      let rows = table.rows.filter { $0.how == way || $0.nodes == 1 }
      let places = rows.map { "\(number(x(Double($0.nodes)))) \(number(y($0.imagesPerSecond)))" }
      parts.append("<path class=\"curve c\(index)\" d=\"M\(places.joined(separator: "L"))\"/>")
      for row in rows {
        parts.append(
          "<circle class=\"mark c\(index)\" cx=\"\(number(x(Double(row.nodes))))\" cy=\"\(number(y(row.imagesPerSecond)))\" r=\"3\"><title>"
            + "\(row.nodes) node\(row.nodes == 1 ? "" : "s"), \(way): \(Int(row.imagesPerSecond.rounded())) img/s, \(Int((100 * row.efficiency).rounded())) %"
            + "</title></circle>")
      }
      parts.append(contentsOf: entry("curve c\(index)", way, at: &key))
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.size.width)) \(Int(Self.size.height))" role="img" \
      aria-label="\(HTML.escape(title))">
      <style>
        svg { background: #fff; --ink: #1c1d1f; --soft: #5c5f65; --line: #dedfdb }
        text { font: 13px system-ui, sans-serif; fill: var(--soft) } .title { font-size: 15px; font-weight: 600; fill: var(--ink) }
        .grid { stroke: var(--line) } .ideal { stroke: var(--soft); stroke-dasharray: 2 4; fill: none }
        .curve { fill: none; stroke-width: 2 } .c0 { stroke: #2558c4 } .c1 { stroke: #2558c4; stroke-dasharray: 7 4 }
        .c2 { stroke: #b4460f } .c3 { stroke: #b4460f; stroke-dasharray: 7 4 } .mark { stroke-dasharray: none; fill: #fff }
        @media (prefers-color-scheme: dark) { svg { background: #131416; --ink: #ececea; --soft: #a3a7ae; --line: #383b40 }
          .c0, .c1 { stroke: #86adff } .c2, .c3 { stroke: #ffab70 } .mark { fill: #131416 } }
      </style>
      \(parts.joined(separator: "\n"))
      </svg>

      """
  }

  /// One entry of the legend.
  private func entry(_ style: String, _ text: String, at y: inout Double) -> [String] {
    defer { y += 24 }
    return [
      "<path class=\"\(style)\" d=\"M\(Self.plot.right + 22) \(y)h30\"/>",
      "<text x=\"\(Self.plot.right + 60)\" y=\"\(y)\" dy=\".35em\">\(HTML.escape(text))</text>",
    ]
  }
}
