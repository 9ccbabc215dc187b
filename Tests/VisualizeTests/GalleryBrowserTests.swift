import Foundation
import TestSupport
import Testing

@testable import Gallery
@testable import Results
@testable import Visualize

/// What people do with a gallery, done in a browser.
@Suite(
  "Galleries in a browser", .serialized,
  .enabled(if: Browser.path != nil, "there is no chromium; ./launch.sh test installs it where it may"))
struct GalleryBrowserTests {
  /// Words for the scripts: what is shown, and what users do.
  private static let words = """
    const get = id => document.getElementById(id), view = get("view");
    const figures = () => [...document.querySelectorAll("#grid figure")].filter(figure => !figure.hidden);
    const captions = () => figures().map(figure => figure.querySelector("small").textContent);
    const fire = (node, event) => node.dispatchEvent(event);
    const search = text => { get("search").value = text; fire(get("search"), new Event("input", { bubbles: true })); };
    const sort = key => { get("sort").value = key; fire(get("sort"), new Event("change", { bubbles: true })); };
    const press = (key, node = view) => fire(node, new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const title = () => get("view-title").querySelector("small").textContent;
    const touch = (type, x, y) => {
      const point = new Touch({ identifier: 1, target: view, clientX: x, clientY: y });
      fire(view, new TouchEvent(type, { touches: type === "touchend" ? [] : [point], changedTouches: [point], bubbles: true }));
    };
    const swipe = (fromX, fromY, toX, toY) => { touch("touchstart", fromX, fromY); touch("touchend", toX, toY); };
    const broken = () => [...document.images].filter(image => image.id !== "view-image" && !(image.complete && image.naturalWidth > 0)).length;

    """

  private struct Models: Decodable {
    let figures: Int
    let broken: Int
    let withoutText: Int
    let byName: [String]
    let byID: [String]
    let nothing: Bool
    let byScore: [String]
    let byPosterior: [String]
    let byClassName: [String]
    let slash: Bool
    let steps: [String]
    let curve: Int
    let image: String
    let closed: [Bool]
  }

  @Test("1000 class models: all pictures are there; search, sort, zoom by click, keys and fingers") func classModels() throws {
    let made = try MadeUpResults(ClassModelJob.command, classes: 1000)
    try made.writeQuickly((0..<1000).map(MadeUpResults.wnid), width: 24, sources: false)
    try gallery(results: made.store.folder)
    let (found, ready) = try Browser.run(
      Self.words + """
        const found = { figures: figures().length, broken: broken(),
          withoutText: [...document.images].filter(image => image.id !== "view-image" && !image.alt).length };
        search("CARASSIUS gold"); found.byName = captions();
        search("\(MadeUpResults.wnid(5))"); found.byID = captions();
        search("no such class"); found.nothing = figures().length === 0 && !get("none").hidden && get("count").textContent === "0 of 1000";
        search("");
        sort("score"); found.byScore = captions().slice(0, 4);
        sort("posterior"); found.byPosterior = captions().slice(0, 4);
        sort("name"); found.byClassName = captions().slice(0, 4);
        sort("item");
        press("/", document.body); found.slash = document.activeElement === get("search");
        figures()[3].querySelector("button").click();
        found.steps = [title()];
        const step = action => { action(); found.steps.push(title()); };
        step(() => press("ArrowRight")); step(() => press("ArrowLeft"));
        step(() => get("next").click()); step(() => get("previous").click());
        step(() => swipe(300, 200, 200, 210)); step(() => swipe(200, 200, 300, 210));
        // Neither a short way nor one up or down turns.
        step(() => swipe(200, 200, 230, 200)); step(() => swipe(200, 200, 260, 400));
        press("ArrowLeft"); press("ArrowLeft"); press("ArrowLeft");
        step(() => press("ArrowLeft"));
        found.curve = view.querySelectorAll("polyline").length;
        found.image = get("view-image").getAttribute("src");
        found.closed = [view.open]; press("Escape"); found.closed.push(!view.open);
        figures()[0].querySelector("button").click(); get("close").click(); found.closed.push(!view.open);
        return found;
        """, in: made.store.path(GalleryFiles.indexFile), as: Models.self)
    print("a page of 1000 class models is ready after \(ready) s")
    func wnids(_ indices: [Int]) -> [String] { indices.map(MadeUpResults.wnid) }
    #expect(found.figures == 1000 && found.broken == 0 && found.withoutText == 0)
    #expect(found.byName == wnids([MadeUpResults.goldfish]) && found.byID == wnids([5]) && found.nothing)
    #expect(found.byScore == wnids((0..<1000).sorted { (7 * $0 % 1009, $1) > (7 * $1 % 1009, $0) }.prefix(4).map { $0 }))
    #expect(found.byPosterior == wnids([996, 995, 994, 993]))
    #expect(found.byClassName == wnids([MadeUpResults.goldfish, 0, 1, 10]))
    #expect(found.slash)
    #expect(found.steps == wnids([3, 4, 3, 4, 3, 4, 3, 3, 3, 999]))
    #expect(found.curve == 1 && found.image == "\(MadeUpResults.wnid(999)).png" && found.closed == [true, true, true])
  }

  private struct Maps: Decodable {
    let figures: Int
    let broken: Int
    let isOpen: Bool
    let title: String
    let returns: Bool
    let byTruth: Int
  }

  @Test("Saliency maps: an address with an item opens it, whatever its name; only what is found is turned to")
  func maps() throws {
    let made = try MadeUpResults(SaliencyJob.command)
    let items = ["a b#c?&<i>%41", "it's", "ü日本", "plain"] + (0..<60).map { "p\($0)" }
    try made.writeQuickly(items, width: 52, sources: true)
    try gallery(results: made.store.folder)
    let name = try #require(items[0].addingPercentEncoding(withAllowedCharacters: .alphanumerics))
    let (found, _) = try Browser.run(
      Self.words + """
        const found = { figures: figures().length, broken: broken(), isOpen: view.open, title: title() };
        press("Escape");
        search("p1"); sort("score");
        figures()[0].querySelector("button").click();
        const titles = [title()];
        for (let step = 0; step < 11; step++) { press("ArrowRight"); titles.push(title()); }
        found.returns = titles[11] === titles[0] && new Set(titles).size === 11;
        search("\(MadeUpResults.wnid(2))"); found.byTruth = figures().length;
        return found;
        """, in: made.store.path(GalleryFiles.indexFile), fragment: name, as: Maps.self)
    #expect(found.figures == 64 && found.broken == 0)
    #expect(found.isOpen && found.title.hasSuffix("· \(items[0]).JPEG"))
    // p1 and p10 … p19, round and round.
    #expect(found.returns && found.byTruth == 13)
  }

  private struct Index: Decodable {
    let start: [Int]
    let shown: [Int]
    let count: String
    let broken: Int
    let links: [String]
    let byClass: String
    let nothing: Bool
    let pages: [String]
  }

  private struct Page: Decodable {
    let figures: Int
    let broken: Int
    let title: String
    let links: [String]
    let found: [String]
  }

  @Test("2100 results: the index finds each on its page, and the pages lead on") func pages() throws {
    let made = try MadeUpResults(SaliencyJob.command, classes: 300)
    let items = ItemNames.names(for: (0..<2100).map { "/pictures/my photo_\(1000 + $0).JPEG" })
    try made.writeQuickly(items, width: 52, sources: true)
    try gallery(results: made.store.folder)
    let (index, ready) = try Browser.run(
      Self.words + """
        const pages = [...document.querySelectorAll("ol a")].map(link => link.getAttribute("href"));
        const found = { pages, start: [figures().length, document.querySelectorAll("ul button").length] };
        search("photo_277"); found.shown = [figures().length, get("contents").hidden ? 1 : 0];
        found.links = figures().map(figure => figure.querySelector("a").getAttribute("href"));
        search("n1000"); found.shown.push(figures().length); found.count = get("count").textContent;
        document.querySelector("[data-search='\(MadeUpResults.wnid(7))']").click(); found.byClass = captions().join();
        search("nobody"); found.nothing = !get("none").hidden;
        search(""); found.start.push(figures().length, get("contents").hidden ? 1 : 0);
        found.broken = broken();
        return found;
        """, in: made.store.path(GalleryFiles.indexFile), as: Index.self)
    print("an index of 2100 results is ready after \(ready) s")
    #expect(index.pages == (1...5).map { "pages/page-000\($0).html" } && index.start == [0, 300, 0, 0])
    #expect(index.shown == [10, 1, 100] && index.count == "2100 of 2100, the first 100 shown")
    #expect(index.links == (2770...2779).map { "pages/page-0004.html#my%20photo_\($0)" })
    #expect(index.byClass == (0..<7).map { "my photo_\(1007 + 300 * $0)" }.joined(separator: ","))
    #expect(index.nothing && index.broken == 0)

    let (page, _) = try Browser.run(
      Self.words + """
        const found = { figures: figures().length, broken: broken(), title: title(), links: [...document.querySelectorAll("nav a")].map(link => link.href) };
        press("Escape"); search("photo_2779"); found.found = captions();
        return found;
        """, in: made.store.path("pages/page-0004.html"), fragment: "my%20photo_2779", as: Page.self)
    #expect(page.figures == 500 && page.broken == 0 && page.found == ["my photo_2779"])
    #expect(page.title.hasSuffix("· my photo_2779.JPEG"))
    #expect(page.links.count == 6)
    for link in page.links { #expect(FileManager.default.fileExists(atPath: try #require(URL(string: link)).path), "\(link)") }
  }
}
