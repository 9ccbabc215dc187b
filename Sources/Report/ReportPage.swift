import ConvNet
import Foundation
import Images
import Pages

/// The HTML of a run's report: one file that contains everything, without scripts, in which the values of every curve are in a
/// table too.
struct ReportPage {
  let run: RunFacts
  let history: RunHistory
  let filters: FilterPicture?
  let classes: [ClassError]

  func html() throws -> String {
    let body = """
      <header>
      <h1>\(HTML.escape(title))</h1>
      <p class="lead">\(HTML.escape(lead))</p>
      \(isPaperNet ? "" : "<p class=\"note\">\(HTML.escape(presetNote))</p>")
      </header>
      <main>
      \(cards)
      <section aria-label="Curves" class="charts">
      \(charts.map { $0.html() }.joined(separator: "\n"))
      </section>
      \(try filterSection())
      \(epochTable)
      \(stepTable)
      \(classTable)
      \(optionTable)
      </main>
      """
    return HTML.page(title: title, style: PageParts.reportStyle, body: body)
  }

  private var title: String { "Training of \(run.network)" }

  private var isPaperNet: Bool { run.network == Preset.cnnF.rawValue && run.classes == 1000 }

  private var presetNote: String {
    "Not the paper's network on its 1000 classes: these errors are not comparable with the paper's 39.7 % and 17.7 %."
  }

  private var lead: String {
    guard let last = history.last else { return "No update has been made yet." }
    let total = run.totalSteps.map { " of \($0.formatted(.number.locale(Self.locale)))" } ?? ""
    let steps = last.step.formatted(.number.locale(Self.locale))
    return "\(steps)\(total) updates, epoch \(String(format: "%.2f", last.epoch)); as of \(Date().formatted(.iso8601))."
  }

  static let locale = Locale(identifier: "en_GB")

  // MARK: Cards with single numbers

  private var cards: String {
    var cards: [(String, String, String)] = []
    if let best = history.best, let top1 = best.valTop1Error {
      cards.append(("best top-1 error", Self.percent(top1), "epoch \(Int(best.epoch))"))
      if let top5 = best.valTop5Error { cards.append(("its top-5 error", Self.percent(top5), "validation pictures")) }
    }
    if let epoch = history.epochs.last, let loss = epoch.trainLoss {
      cards.append(("training loss", Self.loss(loss), "mean of epoch \(Int(epoch.epoch))"))
    } else if let bin = history.steps.filled.last {
      cards.append(("training loss", Self.loss(bin.loss), "last \(bin.steps) updates"))
    }
    if let bin = history.steps.filled.last, let speed = bin.imagesPerSecond {
      cards.append(("speed", "\(Self.speed(speed)) img/s", "all ranks together"))
    }
    let seconds = history.epochs.compactMap(\.seconds).reduce(0, +)
    if seconds > 0 { cards.append(("time", Self.time(seconds), "\(history.epochs.count) epochs, evaluation included")) }
    if let rate = history.last?.learningRate { cards.append(("learning rate", LineChart.plain(rate), "of the last update")) }
    guard !cards.isEmpty else { return "" }
    let items = cards.map {
      "<div><dt>\(HTML.escape($0.0))</dt><dd><b>\(HTML.escape($0.1))</b> <small>\(HTML.escape($0.2))</small></dd></div>"
    }
    return "<dl class=\"cards\">\(items.joined(separator: "\n"))</dl>"
  }

  // MARK: Curves

  private var charts: [LineChart] {
    let bins = history.steps.filled
    func curve(_ name: String, _ value: (ThinnedSteps.Bin) -> Double?) -> LineChart.Series {
      .init(name: name, points: bins.compactMap { bin in value(bin).flatMap { $0.isFinite ? (bin.epoch, $0) : nil } })
    }
    func epochs(_ name: String, _ value: (MetricsLine) -> Double?) -> LineChart.Series {
      .init(
        name: name, points: history.epochs.compactMap { line in value(line).flatMap { $0.isFinite ? (line.epoch, $0) : nil } },
        isMarked: true)
    }
    var loss = curve("training", \.loss)
    if history.steps.width > 1 { loss.band = bins.map { ($0.epoch, $0.lowestLoss, $0.highestLoss) } }
    return [
      LineChart(
        title: "Loss", unit: "nats a picture", series: [loss, epochs("validation", \.valLoss)], startsAtZero: true,
        format: Self.tick),
      LineChart(
        title: "Validation error", unit: "%",
        series: [
          epochs("top-1", { $0.valTop1Error.map { 100 * $0 } }), epochs("top-5", { $0.valTop5Error.map { 100 * $0 } }),
        ], startsAtZero: true, format: Self.tick),
      LineChart(
        title: "Learning rate", unit: "of each update", series: [curve("rate", { $0.learningRate > 0 ? $0.learningRate : nil })],
        isLogarithmic: true, format: { String(format: "%g", $0) }),
      LineChart(
        title: "Speed", unit: "pictures per second, all ranks", series: [curve("speed", \.imagesPerSecond)], startsAtZero: true,
        format: Self.tick),
      LineChart(
        title: "Waiting", unit: "milliseconds an update",
        series: [curve("for pictures", \.dataWaitMilliseconds), curve("for sums over ranks", \.reductionWaitMilliseconds)],
        startsAtZero: true, format: Self.tick),
    ]
  }

  // MARK: Filters

  private func filterSection() throws -> String {
    guard let filters else { return "" }
    let png = Data(try filters.picture.encodedPNG()).base64EncodedString()
    let text =
      "The \(filters.count) filters of \(filters.layer), \(filters.kernel)×\(filters.kernel) pixels in RGB, each scaled by its largest "
      + "weight; grey is zero. Filters that have learnt show edges and colours; noise says that training has hardly begun."
    // Whole multiples keep the pixels square. On narrow screens the picture is reduced.
    let width = filters.picture.width * max(1, 900 / filters.picture.width)
    return """
      <section><h2>First layer</h2><figure class="filters">
      <img src="data:image/png;base64,\(png)" width="\(width)" alt="\(HTML.escape(text))">
      <figcaption>\(HTML.escape(text))</figcaption></figure></section>
      """
  }

  // MARK: Numbers as text

  static func percent(_ share: Double) -> String { share.isFinite ? String(format: "%.1f %%", 100 * share) : "–" }
  static func loss(_ value: Double) -> String { String(format: "%.4f", value) }
  static func speed(_ value: Double) -> String { String(format: value < 100 ? "%.1f" : "%.0f", value) }
  static func tick(_ value: Double) -> String { String(format: "%.4g", value) }

  static func time(_ seconds: Double) -> String {
    let minutes = Int((seconds / 60).rounded())
    return seconds < 100
      ? String(format: "%.0f s", seconds) : minutes < 100 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }
}
