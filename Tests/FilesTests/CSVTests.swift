import Foundation
import Testing

@testable import Files

@Suite("Tables of text")
struct CSVTests {
  private func rows(_ text: String) throws -> [[String]] {
    try TextList(Array(text.utf8), name: "table.csv").rows(separator: UInt8(ascii: ",")).map { $0.fields.map(\.text) }
  }

  // A quotation mark with an accent on it is one `Character`, and so is CR LF; the table must take each as two.
  @Test("what is written is read back, whatever the fields hold")
  func property() throws {
    let pieces = ["a", ",", "\"", "\n", "\r\n", "\r", ";", "\t", " ", "é", "e\u{301}", "\"\u{301}", "=", "'", "\\", "n01, tench"]
    var random = SystemRandomNumberGenerator()
    for seed in 0..<2000 {
      let table = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        (0..<3).map { column in
          (column == 0 ? "x" : "")
            + (0..<Int.random(in: 0...4, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
        }
      }
      let text = table.map(CSV.row).joined()
      let found = try rows(text)
      // Compares bytes: Strings with other forms of é are equal.
      #expect(
        found.map { $0.map { Array($0.utf8) } } == table.map { $0.map { Array($0.utf8) } }, "\(seed): \(text.debugDescription)")
    }
  }

  @Test("an ordinary row needs no quotation marks")
  func plain() { #expect(CSV.row(["n01440764", "0.5", ""]) == "n01440764,0.5,\n") }

  @Test("a row of several lines has the number of its first, and an open quotation is said with that of its own")
  func numbers() throws {
    let list = try TextList(Array("a,b\n\n\"1\n2\",\"3\r\n\n4\"\nc,d\n".utf8), name: "t")
    #expect(try list.rows().map(\.line.number) == [1, 3, 7])
    #expect(try list.rows().map { $0.fields.map(\.text) } == [["a", "b"], ["1\n2", "3\r\n\n4"], ["c", "d"]])
    #expect(throws: TextListError("t", line: 2, "a quotation mark isn't closed")) {
      try TextList(Array("a\nb,\"c\nd\n".utf8), name: "t").rows()
    }
  }
}
