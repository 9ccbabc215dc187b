import Foundation

/// Curves over epochs as SVG within the page, with a legend in HTML.
///
/// Colours and dashes come from the page's style (`.c0`, `.c1`, …). They suit light and dark pages, and curves differ in more
/// than their colours.
package struct LineChart {
  package struct Series {
    let name: String
    let points: [(x: Double, y: Double)]
    /// The lowest and highest value around each point, shown as an area; may be empty.
    package var band: [(x: Double, low: Double, high: Double)] = []
    /// True if points are marked and show their values when pointed at.
    var isMarked = false

    package init(
      name: String, points: [(x: Double, y: Double)], band: [(x: Double, low: Double, high: Double)] = [], isMarked: Bool = false
    ) {
      (self.name, self.points, self.band, self.isMarked) = (name, points, band, isMarked)
    }
  }

  let title: String
  /// The quantity of the vertical axis, with its unit.
  let unit: String
  let series: [Series]
  /// True if the vertical axis is logarithmic.
  var isLogarithmic = false
  /// True if the vertical axis begins at zero.
  var startsAtZero = false
  let format: (Double) -> String

  package init(
    title: String, unit: String, series: [Series], isLogarithmic: Bool = false, startsAtZero: Bool = false,
    format: @escaping (Double) -> String
  ) {
    (self.title, self.unit, self.series) = (title, unit, series)
    (self.isLogarithmic, self.startsAtZero, self.format) = (isLogarithmic, startsAtZero, format)
  }

  private static let size = (width: 460.0, height: 250.0)
  private static let plot = (left: 58.0, right: 448.0, top: 12.0, bottom: 216.0)

  package func html() -> String {
    let shown = series.filter { !$0.points.isEmpty }
    guard !shown.isEmpty else { return "" }
    let keys = shown.enumerated().map { index, series in
      "<li><svg class=\"key\" viewBox=\"0 0 26 10\" aria-hidden=\"true\"><path class=\"curve c\(index)\" d=\"M1 5H25\"/></svg>"
        + "\(HTML.escape(series.name))</li>"
    }
    return """
      <figure class="chart"><figcaption><h3>\(HTML.escape(title))</h3><span class="unit">\(HTML.escape(unit))</span>\
      <ul>\(keys.joined())</ul></figcaption>
      \(svg(shown))
      </figure>
      """
  }

  private func svg(_ series: [Series]) -> String {
    let xs = Self.range(series.flatMap { $0.points.map(\.x) })
    let right = xs.high > 0 ? xs.high : 1
    let ys = series.flatMap { $0.points.map(\.y) + $0.band.flatMap { [$0.low, $0.high] } }.filter { !isLogarithmic || $0 > 0 }
    guard !ys.isEmpty else { return "" }
    let (low, high, ticks) = axis(Self.range(ys))
    let plot = Self.plot
    func x(_ value: Double) -> Double { plot.left + (plot.right - plot.left) * value / right }
    func y(_ value: Double) -> Double {
      let (value, low, high) = isLogarithmic ? (log10(max(value, 1e-300)), log10(low), log10(high)) : (value, low, high)
      return plot.bottom - (plot.bottom - plot.top) * min(1, max(0, (value - low) / (high - low)))
    }
    var parts: [String] = []
    for tick in ticks {
      let at = Self.number(y(tick))
      parts.append("<path class=\"grid\" d=\"M\(plot.left) \(at)H\(plot.right)\"/>")
      parts.append(
        "<text x=\"\(plot.left - 7)\" y=\"\(at)\" dy=\".35em\" text-anchor=\"end\">\(HTML.escape(format(tick)))</text>")
    }
    for tick in Self.ticks(0, right, about: 5) {
      parts.append(
        "<text x=\"\(Self.number(x(tick)))\" y=\"\(plot.bottom + 18)\" text-anchor=\"middle\">\(Self.plain(tick))</text>")
    }
    parts.append("<path class=\"axis\" d=\"M\(plot.left) \(plot.bottom)H\(plot.right)\"/>")
    parts.append("<text x=\"\(plot.right)\" y=\"\(plot.bottom + 32)\" text-anchor=\"end\">epochs</text>")
    for (index, series) in series.enumerated() {
      if series.band.count > 1 {
        let upper = series.band.map { "\(Self.number(x($0.x))) \(Self.number(y($0.high)))" }
        let lower = series.band.reversed().map { "\(Self.number(x($0.x))) \(Self.number(y($0.low)))" }
        parts.append("<path class=\"band c\(index)\" d=\"M\((upper + lower).joined(separator: "L"))Z\"/>")
      }
      let places = series.points.map { "\(Self.number(x($0.x))) \(Self.number(y($0.y)))" }
      // A single point is a curve of length zero, which round ends make visible.
      parts.append("<path class=\"curve c\(index)\" d=\"M\(places.joined(separator: "L"))\(places.count == 1 ? "h0" : "")\"/>")
      guard series.isMarked, series.points.count <= 100 else { continue }
      for point in series.points {
        parts.append(
          "<circle class=\"mark c\(index)\" cx=\"\(Self.number(x(point.x)))\" cy=\"\(Self.number(y(point.y)))\" r=\"2.6\">"
            + "<title>\(HTML.escape("\(series.name), epoch \(Self.plain(point.x)): \(format(point.y)) \(unit)"))</title></circle>"
        )
      }
    }
    return """
      <svg viewBox="0 0 \(Int(Self.size.width)) \(Int(Self.size.height))" role="img" aria-label="\(HTML.escape(alternative(series)))">
      \(parts.joined(separator: "\n"))
      </svg>
      """
  }

  /// A description of the chart for people who don't see it.
  private func alternative(_ series: [Series]) -> String {
    let curves = series.map { series in
      let (first, last) = (series.points[0], series.points[series.points.count - 1])
      return
        "\(series.name) from \(format(first.y)) at epoch \(Self.plain(first.x)) to \(format(last.y)) at epoch \(Self.plain(last.x))"
    }
    return "\(title), \(unit), over epochs: \(curves.joined(separator: "; ")). All values are in the tables below."
  }

  /// The ends of the vertical axis and its ticks.
  private func axis(_ range: (low: Double, high: Double)) -> (low: Double, high: Double, ticks: [Double]) {
    if isLogarithmic {
      var (low, high) = (floor(log10(range.low) + 1e-9), ceil(log10(range.high) - 1e-9))
      if low == high { (low, high) = (low - 1, high) }
      let step = max(1, ((high - low) / 6).rounded(.up))
      return (pow(10, low), pow(10, high), stride(from: low, through: high, by: step).map { pow(10, $0) })
    }
    let bottom = startsAtZero ? min(0, range.low) : range.low
    var high = range.high
    if high <= bottom { high = bottom == 0 ? 1 : bottom + abs(bottom) * 0.1 }
    let ticks = Self.ticks(bottom, high, about: 5)
    let step = ticks.count > 1 ? ticks[1] - ticks[0] : high - bottom
    let ends = (low: floor(bottom / step + 1e-9) * step, high: ceil(high / step - 1e-9) * step)
    return (ends.low, ends.high, Self.ticks(ends.low, ends.high, about: 5))
  }

  /// Round numbers from `low` to `high`.
  static func ticks(_ low: Double, _ high: Double, about count: Int) -> [Double] {
    guard high > low else { return [low] }
    let raw = (high - low) / Double(count)
    let power = pow(10, floor(log10(raw)))
    let step = power * ([1, 2, 2.5, 5, 10].first { $0 * power >= raw * 0.999 } ?? 10)
    let first = (low / step - 1e-9).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    guard last >= first else { return [low] }
    // Adding zero turns -0 into 0.
    return stride(from: first, through: last, by: 1).map { $0 * step + 0 }
  }

  private static func range(_ values: [Double]) -> (low: Double, high: Double) { (values.min() ?? 0, values.max() ?? 1) }

  /// A coordinate in the SVG.
  private static func number(_ value: Double) -> String { String(format: "%.1f", value) }

  /// A number in short form: `3`, `0.25`, `60834536`, `1e-05`.
  package static func plain(_ value: Double) -> String {
    String(format: value == value.rounded() && abs(value) < 1e15 ? "%.0f" : "%.6g", value)
  }
}
