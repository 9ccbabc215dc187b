import Files
import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Numbers of classes")
struct ClassNumberingTests {
  private static let words = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck", "van", "tram",
  ]
  private static let picture: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0]

  /// A list "number name", from a first number.
  private func list(from first: Int, heading: String = "") -> [UInt8] {
    Array((heading + Self.words.enumerated().map { "\($0 + first) \($1)\n" }.joined()).utf8)
  }

  private func putShard(_ numbers: [String], ending: String = "cls", at path: String) throws {
    var tar = TarWriter()
    for (index, number) in numbers.enumerated() {
      tar.add("s\(index).jpg", Self.picture)
      tar.add("s\(index).\(ending)", Array(number.utf8))
    }
    try put(tar.finished(), at: path)
  }

  @Test("where ids are whole numbers, the number of a class is its id in lists, shards and val.txt", arguments: [0, 1])
  func wholeNumbers(first: Int) throws {
    for heading in ["", "id,name\n"] {
      try withDataFolder { root in
        try put(list(from: first, heading: heading), at: "\(root)/synset_words.txt")
        try putShard((0..<12).map { "\($0 + first)" }, at: "\(root)/a.tar")
        let set = try DataSet(contentsOf: root)
        let names = Dictionary(uniqueKeysWithValues: set.train.map { ($0.path.last, set.classes[$0.label].name) })
        for (index, word) in Self.words.enumerated() { #expect(names[FileName("s\(index).jpg")] == word) }
        try putShard(["\(12 + first)"], at: "\(root)/a.tar")
        #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
      }
    }
    for hasList in [true, false] {
      try withDataFolder { root in
        if hasList { try put(list(from: first), at: "\(root)/synset_words.txt") }
        for number in 0..<12 { try put(Self.picture, at: "\(root)/train/\(number + first)/a.JPEG") }
        try put(Self.picture, at: "\(root)/val/v.JPEG")
        try put("v.JPEG 2".utf8, at: "\(root)/val.txt")
        let set = try DataSet(contentsOf: root)
        #expect(set.val.map { set.classes[$0.label].wnid } == ["2"])
        // The order of the classes stays that of the bytes of their ids.
        #expect(set.classes.map(\.wnid) == set.classes.map(\.wnid).sorted(by: String.byBytes))
      }
    }
    try withDataFolder { root in
      // The classes of a network.
      try putShard(["2"], at: "\(root)/val-0.tar")
      let network = (0..<12).map { ClassID(wnid: "\($0 + first)", name: "") }
      let set = try DataSet(contentsOf: root, classes: network)
      #expect(set.val.map { network[$0.label].wnid } == ["2"])
    }
  }

  @Test("numbers that count the ids of a list in another order are noted")
  func unsortedLists() throws {
    let lists = [("n12 twelve\nn10 ten\nn11 eleven\n", true), ("n10 ten\nn11 eleven\nn12 twelve\n", false)]
    for (list, isNoted) in lists {
      try withDataFolder { root in
        try put(list.utf8, at: "\(root)/synset_words.txt")
        try put(Self.picture, at: "\(root)/flat/val/v.JPEG")
        try put("v.JPEG 0".utf8, at: "\(root)/flat/val.txt")
        try put(list.utf8, at: "\(root)/flat/synset_words.txt")
        try put(list.utf8, at: "\(root)/shards/synset_words.txt")
        try putShard(["0"], at: "\(root)/shards/train-0.tar")
        for folder in ["flat", "shards"] {
          let notes = try DataSet(contentsOf: "\(root)/\(folder)").notes
          #expect(notes.contains { $0.contains("0 is n10") } == isNoted, "\(folder): \(notes)")
        }
      }
    }
  }

  @Test(
    "a JSON label is a number or an id, and true and false are neither",
    arguments: [
      ("{\"label\": 1}", 1), ("{\"label\": \"1\"}", 1), ("{\"label\": true, \"class\": 1}", 1), ("{\"label\": 0}", 0),
      ("{\"label\": 1.0}", 1),
      ("{\"label\": true}", nil), ("{\"cls\": false}", nil), ("{\"label\": 1.5}", nil), ("{\"label\": null}", nil),
    ])
  func labels(_ json: String, _ expected: Int?) throws {
    try withDataFolder { root in
      try put("n10 ten\nn11 eleven\n".utf8, at: "\(root)/synset_words.txt")
      try putShard([json], ending: "json", at: "\(root)/val-0.tar")
      guard let expected else {
        let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
        #expect(error?.kind == .labels && error?.description.contains("s0.json says no class") == true)
        return
      }
      let set = try DataSet(contentsOf: root)
      #expect(set.val.map { set.classes[$0.label].wnid } == ["n1\(expected)"])
    }
  }
}
