import Attribution
import Files
import Foundation
import HDF5
import Pages
import Results

/// The result of an assessment over all pictures: tables, and which maps to trust.
struct AssessmentTable {
  static let tableFile = "assessment.csv"
  static let pageFile = "assessment.html"
  static let randomisationFile = "randomisation.csv"
  static let testsFile = "tests.csv"
  static let files = [tableFile, pageFile, randomisationFile, testsFile]
  /// [ours] A method isn't trusted if the mean rank correlation with the maps of a wholly random net is above this value.
  static let sanityLimit = 0.5

  struct Row {
    let method: String
    /// The fraction of hits and its standard error.
    var pointing = 0.0
    var pointingError = 0.0
    var insertion = 0.0
    var deletion = 0.0
    /// Per stage: the mean over the sampled pictures.
    var spearman: [Double] = []
    var similarity: [Double] = []
    /// Why the method's maps can't be trusted; empty if nothing speaks against it, nil for a baseline.
    var doubts: [String]?
  }

  private let store: ResultStore
  private let stages: [RandomisedNetwork.Stage]
  private(set) var rows: [Row]
  private var tests: MapTestTable
  private(set) var pictures = 0
  private(set) var sampled = 0

  /// Reads the results of all pictures, in the order of their names.
  init(
    results store: ResultStore, methods: [String], others: [String], stages: [RandomisedNetwork.Stage], seed: UInt64
  ) throws {
    self.store = store
    self.stages = stages
    rows = (methods + others).map { Row(method: $0) }
    tests = MapTestTable(methods: methods, others: others, seed: seed)
    // Per method: the rank correlation with the wholly random net's map, of each sampled picture.
    var random = methods.map { _ in [Double]() }
    for item in try Manifest(of: store.folder).latest().keys.sorted() {
      let file = try ResultDamage.open(item, in: store.folder, madeBy: store.header.command)
      let values = try Self.read("/measures", of: file, shape: [rows.count, 3])
      tests.add(
        measures: values, tests: try Self.read("/tests", of: file, shape: [rows.count, MapTests.all.count]),
        overlaps: try Self.read("/overlaps", of: file, shape: [rows.count, BoxAccuracy.thresholds]))
      let measures = values.map(Double.init)
      pictures += 1
      for row in rows.indices {
        rows[row].pointing += measures[row * 3]
        rows[row].insertion += measures[row * 3 + 1]
        rows[row].deletion += measures[row * 3 + 2]
      }
      guard try file.children().contains("spearman") else { continue }
      let spearman = try Self.read("/spearman", of: file, shape: [methods.count, stages.count])
      let similarity = try Self.read("/ssim", of: file, shape: [methods.count, stages.count])
      sampled += 1
      if let last = stages.lastIndex(where: { $0.kind == .cascading }) {
        for row in methods.indices {
          let value = Double(spearman[row * stages.count + last])
          random[row].append(value.isNaN ? 0 : value)
        }
      }
      for row in methods.indices {
        let part = (row * stages.count)..<((row + 1) * stages.count)
        rows[row].spearman = Self.sum(rows[row].spearman, spearman[part])
        rows[row].similarity = Self.sum(rows[row].similarity, similarity[part])
      }
    }
    tests.finish()
    let (count, samples) = (Double(max(pictures, 1)), Double(max(sampled, 1)))
    for row in rows.indices {
      rows[row].pointing /= count
      rows[row].pointingError = (rows[row].pointing * (1 - rows[row].pointing) / count).squareRoot()
      rows[row].insertion /= count
      rows[row].deletion /= count
      rows[row].spearman = rows[row].spearman.map { $0 / samples }
      rows[row].similarity = rows[row].similarity.map { $0 / samples }
      rows[row].doubts = row < methods.count ? doubts(rows[row], random[row], seed: seed) : nil
    }
  }

  /// Reads the values of a result, which must be those of this assessment's methods.
  private static func read(_ dataSet: String, of file: borrowing HDF5File, shape: [Int]) throws -> [Float] {
    let found = try file.readFloats(dataSet)
    guard found.shape == shape else {
      throw ResultsError(
        .badData,
        "\(file.path) holds a \(dataSet) of shape \(found.shape), not \(shape): a result of other methods; give --overwrite, or another "
          + "--output")
    }
    return found.values
  }

  /// Maps that are constant have no rank correlation, which then counts as 0.
  private static func sum(_ sums: [Double], _ values: ArraySlice<Float>) -> [Double] {
    let known = values.map { $0.isNaN ? 0 : Double($0) }
    return sums.isEmpty ? known : zip(sums, known).map { $0 + $1 }
  }

  mutating func write() throws {
    try AtomicFile.write(tests.csv(), to: store.path(Self.testsFile))
    try AtomicFile.write(csv, to: store.path(Self.tableFile))
    try AtomicFile.write(randomisationCSV, to: store.path(Self.randomisationFile))
    try AtomicFile.write(html, to: store.path(Self.pageFile))
  }

  /// The reasons why a method's maps can't be trusted: what it isn't better than by more than the interval of the pictures' differences.
  private mutating func doubts(_ row: Row, _ spearman: [Double], seed: UInt64) -> [String] {
    func isBetter(_ other: String, _ column: String) -> Bool {
      tests.comparison(of: row.method, with: other, in: column) == 1
    }
    var doubts: [String] = []
    if !isBetter("centre", "pointing") { doubts.append("points no better than the centre") }
    if !isBetter("random", "insertion") { doubts.append("insertion no better than random") }
    if !isBetter("random", "deletion") { doubts.append("deletion no better than random") }
    if !spearman.isEmpty, Bootstrap(count: spearman.count, seed: seed).interval(of: spearman).upperBound > Self.sanityLimit {
      doubts.append("hardly depends on the weights")
    }
    return doubts
  }

  private var lastCascading: Int? { stages.lastIndex { $0.kind == .cascading } }
  private func spearmanOfAll(_ row: Row) -> Double? {
    lastCascading.flatMap { row.spearman.indices.contains($0) ? row.spearman[$0] : nil }
  }
  private func similarityOfAll(_ row: Row) -> Double? {
    lastCascading.flatMap { row.similarity.indices.contains($0) ? row.similarity[$0] : nil }
  }

  private static func text(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "" }

  var csv: String {
    let lines = rows.map { row in
      return CSV.row([
        row.method, "\(pictures)", Self.text(row.pointing), Self.text(row.pointingError), Self.text(row.insertion),
        Self.text(row.deletion), Self.text(row.spearman.first), Self.text(spearmanOfAll(row)), Self.text(similarityOfAll(row)),
        row.doubts.map { $0.isEmpty ? "yes" : "no" } ?? "", row.doubts?.joined(separator: "; ") ?? "",
      ])
    }
    let head = [
      "method", "pictures", "pointing", "pointing_error", "insertion", "deletion", "spearman_top_random", "spearman_all_random",
      "ssim_all_random", "trust", "why_not",
    ]
    return CSV.row(head) + lines.joined()
  }

  /// A CSV table with one line per method and stage.
  var randomisationCSV: String {
    var text = CSV.row(["method", "kind", "layer", "spearman", "ssim"])
    for row in rows where !row.spearman.isEmpty {
      for (index, stage) in stages.enumerated() {
        text += CSV.row(
          [row.method, stage.kind.rawValue, stage.layer, Self.text(row.spearman[index]), Self.text(row.similarity[index])])
      }
    }
    return text
  }

  var html: String {
    let body = rows.map { row in
      let verdict = row.doubts.map {
        $0.isEmpty ? "<td class=\"right\">yes</td>" : "<td class=\"wrong\">no: \($0.joined(separator: "; "))</td>"
      }
      let numbers = [
        String(format: "%.1f ± %.1f %%", 100 * row.pointing, 100 * row.pointingError), Self.text(row.insertion),
        Self.text(row.deletion), Self.text(row.spearman.first), Self.text(spearmanOfAll(row)), Self.text(similarityOfAll(row)),
      ]
      return "<tr><th>\(row.method)</th>\(numbers.map { "<td>\($0)</td>" }.joined())\(verdict ?? "<td>baseline</td>")</tr>"
    }
    let style = """
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em }
      table { border-collapse: collapse; width: 100% } th, td { padding: .4em .7em; border-bottom: 1px solid #8886; text-align: right }
      th:first-child, td:last-child { text-align: left } .right { color: #1c7c3c } .wrong { color: #b3261e }
      """
    let page = """
      <h1>Which maps to trust</h1>
      <p>\(pictures) pictures, maps of the true class by \(HTML.escape(store.header.network))
      (<code>\(HTML.escape(store.header.checkpointFile))</code>); \(sampled) of them with randomised nets.
      <a href="index.html">The maps</a>.</p>
      <table><thead><tr><th>method</th><td>pointing game ↑</td><td>insertion ↑</td><td>deletion ↓</td>
      <td>rank correlation, last layer random ↓</td><td>all layers random ↓</td><td>SSIM, all random ↓</td><td>trust</td></tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody></table>
      <p>A method is trusted when its greatest value lies on the object (within 15 pixels) more often than the picture's centre does,
      when insertion and deletion are better than for a random order of pixels, each by more than the 95 % interval of the differences, and
      when the interval of the rank correlation of its maps of a wholly random net with those of the trained one ends at
      \(Self.sanityLimit) at most. <a href="\(Self.testsFile)">All tests</a>.</p>
      """
    return HTML.page(title: "Which maps to trust", style: style, body: page)
  }
}
