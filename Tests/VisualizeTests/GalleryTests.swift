import Attribution
import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Gallery
@testable import Results
@testable import Visualize

@Suite struct GalleryTests {
  private func network() throws -> TrainedNetwork {
    TrainedNetwork(
      parameters: try smallNet(), mean: [Float](repeating: 0, count: 768), classes: ["n1", "n2", "n3", "n4", "n5"],
      classNames: ["tench, Tinca tinca", "</script><script>alert(1)</script>", "a & \"b\" 'c'", "", "<!--"],
      digest: "0123456789abcdef", fileName: "<best>.h5")
  }

  private func head(_ header: ResultHeader) -> GalleryHead {
    let kind = JobKind.of(header)
    return GalleryHead(header: header, kind: kind.page, lead: kind.lead(header, nil))
  }

  private func page(_ command: String) throws -> String {
    let net = try network()
    let records = (0..<5).map { index -> CommonFacts in
      var record = CommonFacts(
        item: "item'\(index)&<x>", kind: command, classIndex: index, score: index == 3 ? .nan : Float(index), posterior: 0.5,
        top: [RankedClass(index: index, score: 1, posterior: 0.5)], net: net, warning: index == 4 ? "zero \"gradient\"" : nil)
      (record.source, record.truth) = ("/folder/<b>.jpg", "n1")
      return record
    }
    let header = ResultHeader(command: command, parameters: ["mode": .text("<paper>")], net: net, compute: ComputeSettings())
    return try GalleryPage(
      head: head(header), items: records.map { GalleryItem($0, trace: [0, 1, .nan, 3]) }
    ).html()
  }

  @Test("A page lists all results and escapes what comes from data", arguments: [ClassModelJob.command, SaliencyJob.command])
  func escaping(command: String) throws {
    let page = try page(command)
    #expect(page.components(separatedBy: "<figure ").count == 6)
    for index in 0..<5 { #expect(page.contains("src=\"item%27\(index)%26%3Cx%3E.png\"")) }
    #expect(page.components(separatedBy: "<script").count == 3)
    #expect(page.components(separatedBy: "</script>").count == 3)
    for raw in ["<paper>", "<best>", "<b>.jpg", "<x>", "<!--", "alert(1)</script>"] { #expect(!page.contains(raw), "\(raw)") }
    #expect(page.contains("title=\"a &amp; &quot;b&quot; &#39;c&#39;\""))
    #expect(page.contains(">tench</b>"))
  }

  @Test("A tick says that the net is right, whatever class was asked for") func ticks() throws {
    let net = try network()
    let rows: [(asked: Int, answer: Int, truth: String?, mark: String?)] = [
      (0, 0, "n1", "✓"), (0, 1, "n1", "✗"), (1, 0, "n1", "✓"), (1, 1, "n1", "✗"), (0, 0, nil, nil),
    ]
    for row in rows {
      var record = CommonFacts(
        item: "a", kind: SaliencyJob.command, classIndex: row.asked, score: 1, posterior: 0.5,
        top: [RankedClass(index: row.answer, score: 1, posterior: 0.5)], net: net)
      (record.source, record.truth) = ("/a.jpg", row.truth)
      let header = ResultHeader(command: SaliencyJob.command, parameters: [:], net: net, compute: ComputeSettings())
      let page = try GalleryPage(
        head: head(header), items: [GalleryItem(record, trace: nil)]
      ).html()
      let figure = try #require(page.range(of: "<figure.*</figure>", options: .regularExpression))
      let marks = page[figure].filter { "✓✗".contains($0) }
      #expect(String(marks) == row.mark ?? "", "\(row)")
    }
  }

  @Test("A page needs no network") func selfContained() throws {
    let page = try page(SaliencyJob.command).replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
    for word in ["http:", "https:", "src=\"//", "@import", "url("] { #expect(!page.contains(word), "\(word)") }
  }

  @Test("A page says that a small preset isn't the paper's net") func preset() throws {
    #expect(try page(ClassModelJob.command).contains("not comparable with the paper"))
  }

  @Test("The data in a page is JSON that says the same") func data() throws {
    let page = try page(ClassModelJob.command)
    let start = try #require(page.range(of: "id=\"data\">"))
    let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
    let json = try JSONSerialization.jsonObject(with: Data(page[start.upperBound..<end.lowerBound].utf8))
    let items = try #require(json as? [[String: Any]])
    #expect(items.count == 5)
    #expect(items[1]["name"] as? String == "</script><script>alert(1)</script>")
    #expect(items[3]["score"] == nil)
    #expect((items[0]["trace"] as? [Any])?.count == 4)
  }

  private func text(_ made: MadeUpResults, _ name: String) throws -> String {
    try String(contentsOfFile: made.store.path(name), encoding: .utf8)
  }

  @Test("Up to 2000 results are on one page, more on pages of 500 with an index; stale pages go") func pages() throws {
    let made = try MadeUpResults(SaliencyJob.command)
    let items = ItemNames.names(for: (1...2001).map { "/pictures/it's \($0).JPEG" })
    try made.writeQuickly(items, width: 52, sources: true)
    #expect(try gallery(results: made.store.folder) == 2001)
    func pages() -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: made.store.path("pages"))) ?? []).sorted()
    }
    #expect(pages() == (1...5).map { "page-000\($0).html" })
    let first = try text(made, "pages/page-0001.html"), last = try text(made, "pages/page-0005.html")
    #expect(first.components(separatedBy: "<figure ").count == 501 && last.components(separatedBy: "<figure ").count == 2)
    // In the order of the numbers in their names, with addresses from the page's own folder.
    #expect(first.contains("src=\"../\(GalleryItem.address(of: items[499])).png\"") && last.contains(">it&#39;s 2001</small>"))
    for link in ["href=\"../index.html\"", "href=\"page-0002.html\"", "1 – 500, page 1 of 5"] { #expect(first.contains(link)) }
    #expect(!first.contains("rel=\"prev\"") && last.contains("href=\"page-0004.html\"") && !last.contains("rel=\"next\""))
    let index = try text(made, "index.html")
    #expect(index.contains("<a href=\"pages/page-0005.html\">Page 5</a>") && !index.contains("page-0006"))
    #expect(index.contains("data-search=\"\(MadeUpResults.wnid(4))\"") && index.contains("<small>400</small>"))
    #expect(index.utf8.count < 200_000 && !index.contains("<figure "))

    let manifest = try text(made, "manifest.jsonl").split(separator: "\n")
    try Data("mine".utf8).write(to: URL(fileURLWithPath: made.store.path("pages/page-notes.html")))
    try manifest.prefix(2000).joined(separator: "\n").appending("\n").write(
      toFile: made.store.path("manifest.jsonl"), atomically: true, encoding: .utf8)
    #expect(try gallery(results: made.store.folder) == 2000)
    #expect(pages() == ["page-notes.html"])
    #expect(try text(made, "index.html").components(separatedBy: "<figure ").count == 2001)
  }

  @Test("A page says how its panels are to be read") func panels() throws {
    let net = try network()
    func page(_ box: String) throws -> String {
      let header = ResultHeader(
        command: LocalisationJob.command, parameters: ["box": .text(box)], net: net, compute: ComputeSettings())
      return try GalleryPage(head: head(header), items: []).html()
    }
    #expect(
      try page("graphcut").contains("the seeds of the cut, of the object (orange) and the background (blue), and what was cut"))
    #expect(try !page("threshold").contains("seeds"))
  }

  @Test("A folder without results is refused") func noResults() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ResultsError.self) { try gallery(results: folder.path) }
  }
}
