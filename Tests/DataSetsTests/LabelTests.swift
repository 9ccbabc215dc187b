import Files
import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Labels of flat validation sets")
struct LabelTests {
  private let ids = ["n10000000", "n11000000", "n12000000"]

  /// Makes a set of three classes, with pictures v_00000001 … in a flat val/.
  private func withSet(_ lists: [String: [UInt8]], pictures: Int = 4, _ body: (String) throws -> Void) throws {
    try withDataFolder { root in
      for id in ids { try put([1], at: "\(root)/train/\(id)/a.JPEG") }
      for number in 1...pictures { try put([1], at: "\(root)/val/v_0000000\(number).JPEG") }
      for (name, content) in lists { try put(content, at: "\(root)/\(name)") }
      try body(root)
    }
  }

  /// The labels in the order of the pictures' own names.
  private func labels(_ root: String) throws -> [Int] {
    try DataSet(contentsOf: root).val.sorted { $0.path.last < $1.path.last }.map(\.label)
  }

  @Test("val.txt says the same whatever its line ends, marks and separators")
  func validationList() throws {
    let rows = [("v_00000001.JPEG", 2), ("v_00000002.JPEG", 0), ("v_00000003.JPEG", 1), ("v_00000004.JPEG", 2)]
    for separator in [" ", "\t", ",", "   "] {
      for end in ["\n", "\r\n", "\r"] {
        for (mark, prefix, last) in [("", "", ""), ("\u{FEFF}", "", end), ("", "val/", end + end), ("", "val\\", end)] {
          for words in [false, true] {
            let lines = rows.map { "\(prefix)\($0)\(separator)\(words ? ids[$1] : "\($1)")" }
            let text = mark + lines.joined(separator: end) + last
            try withSet(["val.txt": Array(text.utf8)]) { root in
              let found = try labels(root)
              #expect(found == [2, 0, 1, 2], "\(text.debugDescription)")
            }
          }
        }
      }
    }
  }

  @Test("development kits of all years give the same labels, with a table or with map_clsloc.txt")
  func kits() throws {
    let table = [(1, ids[2]), (2, ids[0]), (3, ids[1])]
    let map = Array(table.map { "\($1) \($0) some_name" }.joined(separator: "\r\n").utf8)
    let truth = Array("1\n2\r\n3\n1".utf8)
    func mat(_ field: String) -> [UInt8] { MatlabFixture.synsets(table.map { ($0, $1) }, field: field) }
    let kits: [[String: [UInt8]]] = [
      ["devkit/data/ILSVRC2012_validation_ground_truth.txt": truth, "devkit/data/meta.mat": mat("ILSVRC2012_ID")],
      [
        "ILSVRC2013_devkit/data/ILSVRC2013_clsloc_validation_ground_truth.txt": truth,
        "ILSVRC2013_devkit/data/meta_clsloc.mat": mat("ILSVRC2013_CLSLOC_ID"),
        "ILSVRC2013_devkit/data/ILSVRC2013_det_validation_ground_truth.txt": [49],
      ],
      [
        "devkit/data/ILSVRC2014_clsloc_validation_ground_truth.txt": truth,
        "devkit/data/meta_clsloc.mat": mat("ILSVRC2014_CLSLOC_ID"),
      ],
      ["ILSVRC2015_clsloc_validation_ground_truth.txt": truth, "map_clsloc.txt": map],
    ]
    for kit in kits {
      try withSet(kit) { root in
        let found = try labels(root)
        #expect(found == [2, 0, 1, 2], "\(kit.keys)")
      }
    }
  }

  @Test("an empty line within a ground truth is refused with its number; those at the end don't count")
  func emptyLines() throws {
    let meta = MatlabFixture.synsets([(1, ids[0]), (2, ids[1])])
    let name = "ILSVRC2012_validation_ground_truth.txt"
    for text in ["1\n\n2\n1\n2\n", "1\n \t\n2\n1\n"] {
      try withSet([name: Array(text.utf8), "meta.mat": meta]) { root in
        let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
        #expect(error?.description.contains("\(name), line 2") == true)
      }
    }
    try withSet([name: Array("1\n2\n1\n2\n\n \r\n".utf8), "meta.mat": meta]) { root in
      let found = try labels(root)
      #expect(found == [0, 1, 0, 1])
    }
  }

  @Test("a picture has the class of its whole name; another ending counts where no picture has the listed one")
  func wholeNames() throws {
    try withSet(["val.txt": Array("a.jpg 0\na.png 2\nb.jpg 1\nmy picture.x.jpg 1\nv_00000001 0\n".utf8)]) { root in
      for name in ["a.jpg", "a.png", "b.png", "my picture.x.jpg"] { try put([1], at: "\(root)/val/\(name)") }
      for number in 2...4 { try FileManager.default.removeItem(atPath: "\(root)/val/v_0000000\(number).JPEG") }
      let set = try DataSet(contentsOf: root)
      // The order is by class, then by name.
      #expect(set.val.map(\.path.last) == ["a.jpg", "v_00000001.JPEG", "b.png", "my picture.x.jpg", "a.png"])
      #expect(set.val.map(\.label) == [0, 0, 1, 1, 2])
      try put([1], at: "\(root)/val/b.jpg")
      let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
      #expect(error?.description.contains("b.png has no label") == true)
    }
    try withSet(["val.txt": Array("v_00000001.JPEG 0\nv_00000001.JPEG 1\n".utf8)], pictures: 1) { root in
      let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
      #expect(error?.description.contains("val.txt, line 2") == true)
    }
  }

  @Test("pictures and class folders beside each other are refused, and other folders passed over")
  func mixed() throws {
    try withSet(["val.txt": Array("v_00000001.JPEG 0\n".utf8), "val/n10000000/x.JPEG": [1]]) { root in
      let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
      #expect(error?.description.contains("val/n10000000") == true)
    }
    try withSet(["val.txt": Array("v_00000001.JPEG 0\n".utf8), "val/notes/x": [1], "val/readme": [1]], pictures: 1) { root in
      let set = try DataSet(contentsOf: root)
      #expect(
        set.val.count == 1 && set.notes.contains { $0.contains("val/notes") } && set.notes.contains { $0.contains("val/readme") })
    }
    try withDataFolder { root in
      try put([1], at: "\(root)/val/images/val_0.JPEG")
      try put("val_0.JPEG\tn01".utf8, at: "\(root)/val/val_annotations.txt")
      let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
      #expect(error?.description.contains("val_annotations.txt, line 1") == true)
    }
  }

  @Test("names that Swift takes for equal are two classes and two pictures")
  func bytes() throws {
    try withDataFolder { root in
      let latin = FileName("\(root)/train/b/").appending(FileName(bytes: [0xE9]))
      for name in ["train/caf\u{E9}/1.jpg", "train/cafe\u{301}/1.jpg", "train/b/\u{E9}.jpg", "train/b/e\u{301}.jpg"] {
        // Uses system calls, because Foundation might replace one form of é by the other.
        let path = FileName("\(root)/\(name)")
        try FileManager.default.createDirectory(atPath: "\(root)/train", withIntermediateDirectories: true)
        _ = path.folder.withCString { mkdir($0, 0o700) }
        close(path.withCString { open($0, O_CREAT | O_WRONLY, 0o600) })
      }
      close(latin.withCString { open($0, O_CREAT | O_WRONLY, 0o600) })
      let set = try DataSet(contentsOf: root)
      #expect(set.classes.map(\.wnid) == ["b", "cafe%CC%81", "caf\u{E9}"])
      #expect(set.train.map(\.label) == [0, 0, 0, 1, 2] && Set(set.train.map(\.path)).count == 5)
      #expect(Set(set.train.map(\.path.written)).count == 5)
    }
  }
}
