import Foundation
import TestSupport
import Testing

@testable import Visualize

@Suite struct GalleryTests {
  private func network() throws -> TrainedNetwork {
    TrainedNetwork(
      parameters: try smallNet(), mean: [Float](repeating: 0, count: 768), classes: ["n1", "n2", "n3", "n4", "n5"],
      classNames: ["tench, Tinca tinca", "</script><script>alert(1)</script>", "a & \"b\" 'c'", "", "<!--"],
      digest: "0123456789abcdef", fileName: "<best>.h5")
  }

  private func page(_ command: String) throws -> String {
    let net = try network()
    let records = (0..<5).map { index in
      ResultRecord(
        item: "item'\(index)&<x>", kind: command, classIndex: index, score: index == 3 ? .nan : Float(index), posterior: 0.5,
        top: [RankedClass(index: index, score: 1, posterior: 0.5)], net: net, source: "/folder/<b>.jpg", truth: "n1",
        warning: index == 4 ? "zero \"gradient\"" : nil)
    }
    let header = ResultHeader(command: command, parameters: ["mode": .text("<paper>")], net: net)
    return try GalleryPage(header: header, items: records.map { GalleryItem($0, trace: [0, 1, .nan, 3]) }).html()
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

  @Test("A page says how its panels are to be read") func panels() throws {
    let net = try network()
    func page(_ box: String) throws -> String {
      let header = ResultHeader(command: LocalisationJob.command, parameters: ["box": .text(box)], net: net)
      return try GalleryPage(header: header, items: []).html()
    }
    #expect(
      try page("graphcut").contains("the seeds of the cut, of the object (orange) and the background (blue), and what was cut"))
    #expect(try !page("threshold").contains("seeds"))
  }

  @Test("A folder without results is refused") func noResults() throws {
    let folder = try TemporaryFolder()
    #expect(throws: VisualizeError.self) { try gallery(results: folder.path) }
  }
}
