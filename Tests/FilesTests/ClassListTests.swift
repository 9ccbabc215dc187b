import Foundation
import Testing

@testable import Files

@Suite("Lists of classes")
struct ClassListTests {
  private func list(_ text: String, name: String = "classes.txt") throws -> ClassList {
    try ClassList(TextList(Array(text.utf8), name: name))
  }

  @Test(
    "ids and words are the same in every form",
    arguments: [
      "n01440764 tench, Tinca tinca\nn01443537 goldfish", "n01440764\ttench, Tinca tinca\nn01443537\tgoldfish\n",
      "n01440764,\"tench, Tinca tinca\"\nn01443537,goldfish", "n01440764,tench, Tinca tinca\r\nn01443537,goldfish\r\n",
      "n01440764; tench, Tinca tinca\n\nn01443537 ;goldfish",
      "\u{FEFF}\"n01440764\"\t\"tench, Tinca tinca\"\n\"n01443537\" \"goldfish\"",
      "wnid,name\nn01440764,\"tench, Tinca tinca\"\nn01443537,goldfish",
      "  n01440764   tench, Tinca tinca  \r n01443537 goldfish \r",
    ])
  func forms(_ text: String) throws {
    let list = try list(text)
    #expect(list.entries.map(\.wnid) == ["n01440764", "n01443537"])
    #expect(list.entries.map(\.words) == ["tench, Tinca tinca", "goldfish"] && !list.hasNumbers)
  }

  @Test("numbers before or behind the ids are the classes' own")
  func numbers() throws {
    for text in [
      "n02119789 1 kit_fox\nn02100735 2 English_setter", "1 n02119789 kit_fox\n2 n02100735 English_setter",
      "1\tn02119789\tkit_fox\n2\tn02100735\tEnglish_setter", "index,wnid,name\n1,n02119789,kit_fox\n2,n02100735,English_setter",
    ] {
      let entries = try list(text).entries
      #expect(entries.map(\.wnid) == ["n02119789", "n02100735"] && entries.map(\.number) == [1, 2], "\(text)")
      #expect(entries.map(\.words) == ["kit_fox", "English_setter"])
    }
    #expect(try list("n02119789 1\nn02100735 2").entries.map(\.number) == [1, 2])
  }

  @Test("ids may be any names of folders")
  func otherIds() throws {
    #expect(try list("cat\ndog").entries.map(\.wnid) == ["cat", "dog"])
    #expect(try list("0 zero\n1 one").entries.map(\.wnid) == ["0", "1"])
    #expect(try list("great white shark\ta fish").entries.map(\.wnid) == ["great white shark"])
    #expect(try list("\"great white shark\" a fish").entries.map(\.wnid) == ["great white shark"])
    let latin = TextList.Line(list: "l", number: 1, bytes: (Array("for".utf8) + [0xEA] + Array("t forest".utf8))[...])
    #expect(latin.words().first?.name.written == "for%EAt")
  }

  @Test(
    "a list that contradicts itself is refused with its line",
    arguments: [("n01440764 a\nn01440764 b", "line 2"), ("n01440764 1 a\nn01443537 1 b", "line 2"), ("\n \n", "no classes")])
  func contradictions(_ text: String, _ words: String) {
    let error = #expect(throws: TextListError.self) { try list(text) }
    #expect(error?.description.contains("classes.txt") == true && error?.description.contains(words) == true)
  }
}
