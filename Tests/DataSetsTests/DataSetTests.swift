import Files
import Foundation
import Images
import TestSupport
import Testing

@testable import DataSets

@Suite("Data sets")
struct DataSetTests {
  private func expectError(_ kind: DataError.Kind, _ words: [String], in folder: String) {
    let error = #expect(throws: DataError.self) { try DataSet(contentsOf: folder) }
    #expect(error?.kind == kind)
    for word in words { #expect(error?.description.contains(word) == true, "\(String(describing: error))") }
  }

  @Test("class folders are listed by wnid, files by name, hidden ones left out, words from the list")
  func classFolders() throws {
    try withDataFolder { root in
      for file in [
        "train/n02/b.JPEG", "train/n02/B.JPEG", "train/n02/.hidden", "train/n01/é.png", "train/n01/z", "val/n02/1.JPEG",
        "val/n01/2.JPEG",
      ] {
        try put([0xFF, 0xD8, 1], at: "\(root)/\(file)")
      }
      try put("n01 tench, Tinca tinca\nn02 cock\n".utf8, at: "\(root)/synset_words.txt")
      let data = try DataSet(contentsOf: root)
      #expect(data.classes == [ClassID(wnid: "n01", name: "tench, Tinca tinca"), ClassID(wnid: "n02", name: "cock")])
      // The order is that of bytes: capitals before small letters, é after z.
      #expect(
        data.train.map { $0.path.relative(to: FileName(root)) } == [
          "train/n01/z", "train/n01/é.png", "train/n02/B.JPEG", "train/n02/b.JPEG",
        ])
      #expect(data.train.map(\.label) == [0, 0, 1, 1])
      #expect(data.val.map(\.label) == [0, 1])
      #expect(data.notes == ["passed over 1: hidden, or of the system (train/n02/.hidden)"])
    }
  }

  @Test(
    "the path of a set may have any name: with % and digits, with letters and accents apart as macOS has them",
    arguments: ["my%20set", "100%", "cafe\u{301}", "%C3%A9"])
  func namesOfSets(name: String) throws {
    try withDataFolder { top in
      let root = "\(top)/\(name)/set"
      for file in ["train/n01/a.JPEG", "val/n01/b.JPEG"] { try put([0xFF, 0xD8, 1], at: "\(root)/\(file)") }
      // Given itself, and as the only folder in another one.
      for place in [root, "\(top)/\(name)"] {
        #expect(try DataSet(contentsOf: place).summary == "1 class in train/ and val/: 1 + 1 pictures", "\(place)")
      }
      try FileManager.default.moveItem(atPath: root, toPath: "\(top)/only%41")
      try FileManager.default.removeItem(atPath: "\(top)/\(name)")
      #expect(try DataSet(contentsOf: top).summary == "1 class in train/ and val/: 1 + 1 pictures")
    }
  }

  @Test("a set of validation pictures alone has their classes, or those of the network it is for")
  func validationAlone() throws {
    try withDataFolder { root in
      try put([1], at: "\(root)/val/n05/1.JPEG")
      try put([1], at: "\(root)/val/n03/1.JPEG")
      #expect(try DataSet(contentsOf: root).classes.map(\.wnid) == ["n03", "n05"])
      let network = ["n01", "n03", "n05"].map { ClassID(wnid: $0, name: $0) }
      #expect(try DataSet(contentsOf: root, classes: network).val.map(\.label) == [1, 2])
      let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root, classes: [network[0]]) }
      #expect(error?.description.contains("n03") == true)
    }
  }

  @Test("a flat val folder takes its labels from val.txt, Kaggle's list, or the devkit in its own order")
  func flat() throws {
    let words = "n10 ten\nn11 eleven\nn12 twelve\n"
    let lists: [(String, [String: [UInt8]])] = [
      ("val.txt", ["val.txt": Array("v_00000001.JPEG 2\nv_00000002.JPEG 0\nv_00000003.JPEG 1\n".utf8)]),
      (
        "csv",
        [
          "LOC_val_solution.csv": Array(
            "ImageId,PredictionString\nv_00000002,n10 1 2 3 4 n10 5 6 7 8 \nv_00000001,n12 1 2 3 4 \n".utf8)
        ]
      ),
      (
        "devkit",
        [
          "devkit/data/ILSVRC2012_validation_ground_truth.txt": Array("1\n2\n3\n".utf8),
          "devkit/data/meta.mat": MatlabFixture.synsets([(1, "n12"), (2, "n10"), (3, "n11")]),
        ]
      ),
    ]
    for (kind, files) in lists {
      try withDataFolder { root in
        for (name, content) in files { try put(content, at: "\(root)/\(name)") }
        try put(words.utf8, at: "\(root)/synset_words.txt")
        try put([1], at: "\(root)/val/v_00000001.JPEG")
        try put([1], at: "\(root)/val/v_00000002.JPEG")
        let data = try DataSet(contentsOf: root)
        #expect(data.classes.map(\.wnid) == ["n10", "n11", "n12"], "\(kind)")
        // The pictures are in the order of their classes.
        #expect(data.val.map(\.path.last) == ["v_00000002.JPEG", "v_00000001.JPEG"], "\(kind)")
        #expect(data.val.map { data.classes[$0.label].wnid } == ["n10", "n12"], "\(kind)")
        #expect(data.notes.isEmpty == (kind == "csv"), "\(kind): \(data.notes)")
      }
    }
  }

  @Test("whatever is wrong with a folder is said with its name and what was expected")
  func errors() throws {
    try withDataFolder { root in
      expectError(.unreadable, ["\(root)/none"], in: "\(root)/none")
      expectError(.layout, ["neither train/ nor val/", "nothing"], in: root)
      try put([1], at: "\(root)/n01440764/1.JPEG")
      expectError(.layout, ["n01440764/", "move them into"], in: root)
      try put([1], at: "\(root)/train/loose.JPEG")
      expectError(.layout, ["no class folders", "1 files"], in: root)
      try put([1], at: "\(root)/train/n01/a.JPEG")
      try FileManager.default.createDirectory(atPath: "\(root)/train/n02", withIntermediateDirectories: true)
      expectError(.layout, ["train/n02", "no pictures"], in: root)
      try put("notes".utf8, at: "\(root)/train/n02/notes")
      expectError(.layout, ["train/n02", "no pictures", "no picture by its content (train/n02/notes)"], in: root)
      try put([1], at: "\(root)/train/n02/a.JPEG")
      #expect(try DataSet(contentsOf: root).val.isEmpty)
      #expect(symlink("/nowhere/n03", "\(root)/train/n03") == 0)
      expectError(.unreadable, ["train/n03", "leads nowhere"], in: root)
      unlink("\(root)/train/n03")
      try FileManager.default.createDirectory(atPath: "\(root)/val/n01", withIntermediateDirectories: true)
      #expect(try DataSet(contentsOf: root).notes.contains { $0.contains("val/n01 has no pictures") })
      try put([1], at: "\(root)/val/n99/a.JPEG")
      expectError(.labels, ["val/n99/a.JPEG", "n99", "2 classes"], in: root)
    }
  }

  @Test("lists of labels that make no sense are errors with their line")
  func badLists() throws {
    let cases: [([String: String], String)] = [
      ([:], "no labels"),
      (["val.txt": "a.JPEG\n"], "line 1"),
      (["val.txt": "a.JPEG 0\nb.JPEG 2\n"], "line 2"),
      (["val.txt": "b.JPEG 0\n"], "a.JPEG has no label"),
      (["LOC_val_solution.csv": "ImageId,PredictionString\na\n"], "line 2"),
      (["ILSVRC2012_validation_ground_truth.txt": "1\n"], "meta.mat"),
      (["ILSVRC2012_validation_ground_truth.txt": "1\n", "meta.mat": "MATLAB"], "meta.mat"),
    ]
    for (files, word) in cases {
      try withDataFolder { root in
        try put([1], at: "\(root)/train/n01/a.JPEG")
        try put([1], at: "\(root)/train/n02/a.JPEG")
        try put([1], at: "\(root)/val/a.JPEG")
        for (name, content) in files { try put(content.utf8, at: "\(root)/\(name)") }
        let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
        #expect(error?.description.contains(word) == true, "\(files): \(String(describing: error))")
      }
    }
  }

  @Test("a damaged devkit table is an error and never a crash")
  func damagedTable() throws {
    try withDataFolder { root in
      let whole = MatlabFixture.synsets([(1, "n12"), (2, "n10"), (3, "n11")])
      let path = "\(root)/meta.mat"
      try put(whole, at: path)
      #expect(try DevelopmentKit.classes(path) == [1: "n12", 2: "n10", 3: "n11"])
      for count in stride(from: 0, to: whole.count, by: 7) {
        try put(whole.prefix(count), at: path)
        #expect(throws: DataError.self) { try DevelopmentKit.classes(path) }
      }
      for position in 128..<whole.count {
        var bytes = whole
        bytes[position] ^= 0xFF
        try put(bytes, at: path)
        _ = try? DevelopmentKit.classes(path)
      }
    }
  }

  @Test(
    "a picture's number is at the end of its name",
    arguments: [("ILSVRC2012_val_00000036.JPEG", 36), ("a/7.x", 7), ("a.JPEG", nil), ("12", 12)])
  func numbers(_ name: String, _ expected: Int?) {
    #expect(pictureNumber(name) == expected)
  }
}

/// Makes a MATLAB v5 file with the struct array `synsets`, not compressed, in the form that `scipy.io.savemat` writes.
enum MatlabFixture {
  static func synsets(_ classes: [(id: Int, wnid: String)], field: String = "ILSVRC2012_ID") -> [UInt8] {
    var body = header(kind: 2, dimensions: [classes.count, 1], name: "synsets")
    body += element(5, integers([32]))
    body += element(1, padded(field, 32) + padded("WNID", 32) + padded("words", 32))
    for (id, wnid) in classes {
      let number = withUnsafeBytes(of: Double(id).bitPattern.littleEndian) { Array($0) }
      body += element(14, header(kind: 6, dimensions: [1, 1], name: "") + element(9, number))
      body += element(14, header(kind: 4, dimensions: [1, wnid.count], name: "") + element(4, wnid.utf8.flatMap { [$0, 0] }))
      body += element(14, header(kind: 4, dimensions: [0, 0], name: "") + element(1, []))
    }
    let title = padded("MATLAB 5.0 MAT-file", 124)
    return title + [0, 1, 0x49, 0x4D] + element(14, body)
  }

  private static func header(kind: UInt8, dimensions: [Int], name: String) -> [UInt8] {
    element(6, [kind, 0, 0, 0, 0, 0, 0, 0]) + element(5, integers(dimensions)) + element(1, Array(name.utf8))
  }

  private static func element(_ type: Int, _ data: [UInt8]) -> [UInt8] {
    integers([type, data.count]) + data + [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
  }

  private static func integers(_ values: [Int]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: Int32(value).littleEndian) { Array($0) } }
  }

  private static func padded(_ text: String, _ count: Int) -> [UInt8] {
    Array(text.utf8) + [UInt8](repeating: 0, count: count - text.utf8.count)
  }
}
