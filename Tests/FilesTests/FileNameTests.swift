import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Names of files")
struct FileNameTests {
  @Test("ordinary names are written as they are, and what could mislead as %XX")
  func written() {
    let cases: [([UInt8], String)] = [
      (Array("n01440764_1.JPEG".utf8), "n01440764_1.JPEG"), (Array("100%.jpg".utf8), "100%.jpg"),
      (Array("a%20b#?&<>'\" .png".utf8), "a%2520b#?&<>'\" .png"), (Array("日本 café.jpg".utf8), "日本 café.jpg"),
      (Array("caf".utf8) + [0xE9], "caf%E9"), (Array("cafe\u{301}.jpg".utf8), "cafe%CC%81.jpg"),
      (Array("a\nb\u{202E}".utf8), "a%0Ab%E2%80%AE"), ([0xC3], "%C3"), ([0xED, 0xA0, 0x80], "%ED%A0%80"),
      (Array("%4".utf8) + [0xE9], "%4%E9"), (Array("%%41".utf8), "%%2541"), (Array("\u{212B}".utf8), "%E2%84%AB"),
    ]
    for (bytes, text) in cases {
      #expect(FileName(bytes: bytes).written == text)
      #expect(FileName(written: text).bytes == bytes)
    }
  }

  @Test("every name comes back from how it is written, different names are different texts, and none has a line end")
  func reversible() {
    var generator = SystemRandomNumberGenerator()
    // The pieces break, combine and compose with each other, and look like escapes.
    let pieces: [[UInt8]] =
      [
        "%", "4", "F", "e", "a", "\u{301}", "\u{323}", "é", "ạ", "\u{1100}", "\u{1161}", "\u{11A8}", "각", "\n", "\u{9F}", "\"",
        ",", "\u{200D}", "👩", "🇩", "🇪",
      ]
      .map { Array($0.utf8) } + [[0xE9], [0xC3], [0x80], [0xF0, 0x9F], [0xED, 0xA0], [0xFF]]
    var names: [String: FileName] = [:]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 1...6, using: &generator)).flatMap { _ in pieces.randomElement(using: &generator)! }
      let name = FileName(bytes: bytes)
      let text = name.written
      #expect(FileName(written: text) == name, "\(bytes)")
      #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
      // As keys of a dictionary, canonically equal Strings would be the same.
      if let other = names.updateValue(name, forKey: text) { #expect(other == name, "\(bytes) and \(other.bytes)") }
    }
  }

  @Test("paths are taken apart and put together by bytes")
  func parts() {
    let path: FileName = "/data/n01/é.b.JPEG"
    #expect(path.last == "é.b.JPEG" && path.stem == "é.b" && path.ending == "jpeg" && path.folder == "/data/n01")
    #expect(path.relative(to: "/data") == "n01/é.b.JPEG" && path.relative(to: "/data/") == "n01/é.b.JPEG")
    #expect(path.relative(to: "/dat") == nil && path.relative(to: path) == nil)
    #expect(FileName(".").appending("a") == "a" && FileName("/").appending("a") == "/a" && FileName("b").appending("a") == "b/a")
    #expect(
      FileName(".hidden").ending == "" && FileName("x").stem == "x" && FileName("a/b/").last == "b" && FileName("/").last == "/")
    #expect(FileName("a b%20/ü?.png").address == "a%20b%2520/%C3%BC%3F.png")
    #expect([FileName("b"), "B", "é", "a"].sorted() == ["B", "a", "b", "é"])
  }

  @Test("JSON holds the written text")
  func json() throws {
    let name = FileName(bytes: Array("caf".utf8) + [0xE9, 10])
    let data = try JSONEncoder().encode([name])
    #expect(String(decoding: data, as: UTF8.self) == "[\"caf%E9%0A\"]")
    #expect(try JSONDecoder().decode([FileName].self, from: data) == [name])
  }
}
