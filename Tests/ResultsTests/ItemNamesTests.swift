import Foundation
import Testing

@testable import Results

@Suite("Names of results") struct ItemNamesTests {
  @Test("Items are named after their files, with as many folders as it takes")
  func itemNames() {
    #expect(ItemNames.names(for: ["/d/cat.jpg", "/d/dog.png"]) == ["cat", "dog"])
    #expect(ItemNames.names(for: ["/d/a/1.jpg", "/d/b/1.jpg", "/d/2.jpg"]) == ["a-1", "b-1", "2"])
    #expect(ItemNames.names(for: ["/x/a/1.jpg", "/y/a/1.jpg"]) == ["x-a-1", "y-a-1"])
    #expect(ItemNames.names(for: ["/d/1.jpg", "/d/1.png"]) == ["1-2", "1-3"])
    #expect(ItemNames.names(for: ["/d/contact-sheet.png"]) == ["d-contact-sheet"])
  }

  @Test("A name once given stays, and is given to nobody else") func stableNames() {
    let names = ItemNames.names(for: ["/d/a/1.jpg", "/d/b/1.jpg"], existing: ["/d/a/1.jpg": "1"])
    #expect(names == ["1", "b-1"])
  }

  @Test(
    "Names are safe as file names",
    arguments: [
      ("it's", "it's"), ("..", "_."), (".hidden", "_hidden"), ("a/b\\c", "a_b_c"),
      ("line\nbreak\u{0}", "line_break_"), ("", "picture"),
      ("  ", "picture"), (" .x", "_x"), ("x\u{202E}gnp", "x_gnp"),
    ])
  func safeNames(text: String, expected: String) { #expect(ItemNames.safe(text) == expected) }

  @Test("Long names are cut, and still differ") func longNames() {
    #expect(ItemNames.safe(String(repeating: "x", count: 181)) != ItemNames.safe(String(repeating: "x", count: 182)))
    let long = String(repeating: "ö", count: 300)
    let names = ItemNames.names(for: ["/d/\(long)1.png", "/d/\(long)2.png"])
    #expect(Set(names).count == 2)
    for name in names { #expect(name.utf8.count <= 190) }
  }

  private func sources(_ count: Int) -> [String] { (0..<count).map { "/pictures/p\($0).jpg" } }

  @Test("Up to 1000 items lie in the folder itself, more in sub-folders by the hash of their names") func limit() {
    let few = ItemNames.names(for: sources(1000))
    #expect(few.allSatisfy { !$0.contains("/") } && Set(few).count == 1000)
    let many = ItemNames.names(for: sources(1001))
    #expect(Set(many).count == 1001)
    for (source, item) in zip(sources(1001), many) {
      let name = ((source as NSString).lastPathComponent as NSString).deletingPathExtension
      #expect(item == String(format: "%02x", Int(ItemNames.hash(name) & 0xFF)) + "/" + name && ItemNames.isItem(item))
    }
    // The published value of FNV-1a, 64 bits, of "foobar" is 85944171f73967e8.
    #expect(ItemNames.hash("foobar") == 0x8594_4171_F739_67E8)
    // 100,000 items are about 400 in each of 256 folders.
    let names = (0..<100_000).map { "ILSVRC2012_val_\(String(format: "%08d", $0))" }
    let counts = Dictionary(grouping: ItemNames.items(named: names, existing: [:])) { ItemNames.subfolder(of: $0) ?? "" }
    #expect(counts.count == 256 && counts.values.allSatisfy { $0.count < 800 })
  }

  @Test("Names that earlier runs gave stay where they are, and nobody else gets them in another folder") func stable() {
    let existing = ["/pictures/p3.jpg": "p3", "/elsewhere/p4.jpg": "p4", "/pictures/p5.jpg": "aa/p5"]
    let items = ItemNames.names(for: sources(1500), existing: existing)
    #expect(items[3] == "p3" && items[5] == "aa/p5" && items[6].hasSuffix("/p6"))
    #expect(ItemNames.name(of: items[4]) == "pictures-p4")
    #expect(Set(items.map(ItemNames.name)).count == 1500)
    #expect(ItemNames.names(for: ["/pictures/p5.jpg", "/elsewhere/p5.jpg"], existing: existing) == ["aa/p5", "elsewhere-p5"])
    #expect(ItemNames.items(named: ["n1", "n2"], existing: ["n1": "c0/n1"]) == ["c0/n1", "n2"])
  }

  @Test(
    "Only names in the folder and its sub-folders are items",
    arguments: [
      ("cat", true), ("a b'ü", true), ("c7/cat", true), ("c7/..", false), ("..", false), ("../cat", false), ("/etc/cat", false),
      ("C7/cat", false), ("masks/cat", false), ("c7/a/cat", false), ("c7/", false), ("", false), (".hidden", false),
      ("c7/../../cat", false), ("//cat", false),
    ])
  func items(text: String, expected: Bool) { #expect(ItemNames.isItem(text) == expected) }
}
