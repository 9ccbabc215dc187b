import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Text lists")
struct TextListTests {
  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private func lines(_ bytes: [UInt8]) throws -> [[UInt8]] { try TextList(bytes, name: "list.txt").lines.map { Array($0.bytes) } }

  private func utf16(_ text: String, little: Bool) -> [UInt8] {
    let units = [0xFEFF] + Array(text.utf16)
    return units.flatMap { little ? [UInt8($0 & 255), UInt8($0 >> 8)] : [UInt8($0 >> 8), UInt8($0 & 255)] }
  }

  @Test("a list is the same with every line end, with a mark or without, in UTF-16, and with blank lines at its end")
  func forms() throws {
    let lists = [
      ["a"], ["n01 tench, Tinca tinca", "n02\tgoldfish"], ["", "é 1", "", "", "ﬁ 2", "𝄞"], ["1", "2", "x,\"y\"", "  "], [],
    ]
    for list in lists {
      var expected = list.map { Array($0.utf8) }
      while let last = expected.last, last.allSatisfy({ $0 == 32 }) { expected.removeLast() }
      for end in ["\n", "\r\n", "\r"] {
        for tail in ["", end, end + end + " \t" + end] where !(tail.isEmpty && list.last == "") {
          let text = list.joined(separator: end) + (list.isEmpty ? "" : tail)
          for mark in [[], Self.mark] { #expect(try lines(mark + text.utf8) == expected, "\(text.debugDescription)") }
          for little in [true, false] { #expect(try lines(utf16(text, little: little)) == expected) }
        }
      }
    }
  }

  @Test("each line may end in its own way")
  func mixed() throws {
    #expect(try lines(Array("a\rb\r\nc\nd\n\re".utf8)) == ["a", "b", "c", "d", "", "e"].map { Array($0.utf8) })
  }

  @Test("what is no text is refused with the list's name and the line")
  func refused() throws {
    let cases: [([UInt8], String)] = [
      (Array("a\nb".utf8) + [0] + Array("c".utf8), "list.txt, line 2: a zero byte"),
      (Array("a\r\n".utf8) + [UInt8](repeating: 65, count: TextList.longestLine + 1), "list.txt, line 2: it has"),
      ([0xFF, 0xFE, 0, 0, 65, 0, 0, 0], "UTF-32"), ([0xFF, 0xFE, 65], "half a character"),
      ([0xFF, 0xFE, 0, 0xD8, 65, 0], "isn't"),
    ]
    for (bytes, words) in cases {
      let error = #expect(throws: TextListError.self) { try TextList(bytes, name: "list.txt") }
      #expect(error?.description.contains("list.txt") == true && error?.description.contains(words) == true, "\(words)")
    }
  }

  @Test("a missing file, a folder and a pipe that nobody writes to are errors at once, with their path")
  func unreadable() throws {
    let scratch = try TemporaryFolder()
    #expect(mkfifo(scratch.path("pipe"), 0o600) == 0)
    for path in [scratch.path("none"), scratch.path, scratch.path("pipe")] {
      let error = #expect(throws: TextListError.self) { try TextList(contentsOf: path) }
      #expect(error?.description.contains(path) == true)
    }
  }

  @Test("words are divided by blanks and tabs, quotation marks hold some together, and the last may be the rest")
  func words() throws {
    func words(_ text: String, most: Int = .max) throws -> [String] {
      try TextList(Array(text.utf8), name: "l").lines[0].words(most: most).map(\.text)
    }
    #expect(try words(" n01\t tench,  Tinca tinca ") == ["n01", "tench,", "Tinca", "tinca"])
    #expect(try words("n01\ttench,  Tinca tinca ", most: 2) == ["n01", "tench,  Tinca tinca"])
    #expect(try words("\"a b.jpg\" \"7\"") == ["a b.jpg", "7"])
    #expect(try words("n01 \"the \"\"great\"\" shark\"", most: 2) == ["n01", "the \"great\" shark"])
    #expect(try words("\"open 5\" tape\"") == ["open 5", "tape\""])
    #expect(try words("it's 5\" wide") == ["it's", "5\"", "wide"])
    let line = try TextList(Array("my picture, two.jpg\t 7 ".utf8), name: "l").lines[0].lastWord()
    #expect(line?.before.text == "my picture, two.jpg" && line?.last.integer == 7)
  }

  @Test("fields of a table are what was written, whatever they hold but line ends")
  func fields() throws {
    for separator in [",", ";", "\t"] {
      for row in [["a", "b c", ""], ["x,y", "\"", "1;2"], [" \"\"", "ü\t", "'"], [""], ["\u{FEFF}a", "b"]] {
        let quoted = row.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: separator)
        let line = try TextList(Array((quoted + "\r\n\n").utf8), name: "l").lines[0]
        #expect(try line.fields(separator: separator.utf8.first!).map(\.text) == row)
      }
    }
    #expect(try TextList(Array("image;rank;x\n".utf8), name: "l").separator == UInt8(ascii: ";"))
    #expect(try TextList(Array("image\n".utf8), name: "l").separator == UInt8(ascii: ","))
    let error = #expect(throws: TextListError.self) { try TextList(Array("a,b\nc,\"d\n".utf8), name: "l").lines[1].fields() }
    #expect(error?.description.contains("l, line 2") == true)
  }
}
