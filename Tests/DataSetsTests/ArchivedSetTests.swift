import Files
import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Data sets in archives that can't be used")
struct ArchivedSetTests {
  private static let picture: [UInt8] = [0xFF, 0xD8, 1]

  private static var set: ArrangedSet {
    let items = (0..<6).map { number in
      let wnid = "n0\(number % 2 + 1)000000"
      return ArrangedSet.Item(
        isTraining: number < 4, wnid: wnid,
        name: number < 4 ? "\(wnid)_\(number).JPEG" : "ILSVRC2012_val_0000000\(number - 3).JPEG",
        bytes: picture + [UInt8](repeating: 3, count: 700))
    }
    return ArrangedSet(items: items)
  }

  private func shard(_ samples: [(key: String, label: String?)], _ path: String) throws {
    var tar = TarWriter()
    for (key, label) in samples {
      tar.add("\(key).jpg", Self.picture)
      if let label { tar.add("\(key).cls", Array(label.utf8)) }
    }
    try put(tar.finished(), at: path)
  }

  private func problem(_ root: String, classes: [ClassID]? = nil) -> DataError? {
    do throws(DataError) {
      _ = try DataSet(contentsOf: root, classes: classes)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "a cut archive is named with the byte, whichever of them it is",
    arguments: [
      "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar", "ILSVRC2012_devkit_t12.tar.gz",
      "imagenet-object-localization-challenge.zip",
      "train/shard-000000.tar", "val/shard-000000.tar",
    ])
  func cut(archive: String) throws {
    let form: ArrangedSet.Form = archive.hasPrefix("ILSVRC") ? .officialArchives : archive.hasSuffix("zip") ? .kaggleZip : .shards
    try withDataFolder { root in
      _ = try Self.set.write(form, to: root)
      let bytes = try WholeFile.read(FileName("\(root)/\(archive)"))
      for length in [0, bytes.count / 2, bytes.count - 1030] where length >= 0 {
        try put(Array(bytes[..<length]), at: "\(root)/\(archive)")
        let error = problem(root)
        #expect(error?.description.contains(archive) == true, "\(length): \(String(describing: error))")
        #expect(error?.description.contains("at byte") == true, "\(length): \(String(describing: error))")
      }
    }
  }

  @Test("a sample without its label is named with its shard")
  func missingLabel() throws {
    try withDataFolder { root in
      try shard([("n01000000_1", "0"), ("n01000000_2", nil)], "\(root)/train/a-000000.tar")
      let error = problem(root)
      #expect(
        error?.description.contains("train/a-000000.tar: the sample n01000000_2 has the picture n01000000_2.jpg and no label")
          == true)
      #expect(error?.kind == .labels)
    }
  }

  @Test("numbers of classes need a list, the network's classes, or keys that tell them")
  func numbers() throws {
    try withDataFolder { root in
      try shard([("s1", "0"), ("s2", "1")], "\(root)/train/a-000000.tar")
      try shard([("s3", "1")], "\(root)/val/a-000000.tar")
      #expect(problem(root)?.description.contains("synset_words.txt") == true)
      let network = ["n02000000", "n01000000"].map { ClassID(wnid: $0, name: $0) }
      let known = try DataSet(contentsOf: root, classes: network)
      #expect(known.val.map { known.classes[$0.label].wnid } == ["n02000000"])
      try put("n01000000 one\nn03000000 three\n".utf8, at: "\(root)/synset_words.txt")
      let listed = try DataSet(contentsOf: root)
      #expect(listed.train.map { listed.classes[$0.label].name } == ["one", "three"])
      #expect(listed.names(.train).name(of: listed.train[1]) == "train/n03000000/s2.jpg")
      try shard([("s3", "2")], "\(root)/val/a-000000.tar")
      #expect(problem(root)?.description.contains("class number 2, and 2 classes are known") == true)
      try shard([("s3", "a cat")], "\(root)/val/a-000000.tar")
      #expect(problem(root)?.description.contains("s3.cls says no class") == true)
    }
    try withDataFolder { root in
      // The numbers of the training samples show what those of the other samples mean.
      try shard([("n05000000_1", "7"), ("n04000000_2", "3"), ("n05000000_9", "7")], "\(root)/data-train-0000.tar")
      try shard(
        [("x/ILSVRC2012_val_00000001", "7"), ("x/ILSVRC2012_val_00000002", "n04000000")], "\(root)/data-validation-0000.tar")
      let set = try DataSet(contentsOf: root)
      #expect(set.names(.val).name(of: set.val[1]) == "val/n05000000/ILSVRC2012_val_00000001.JPEG")
      #expect(set.val.map { set.classes[$0.label].wnid } == ["n04000000", "n05000000"])
      try shard([("n05000000_1", "7"), ("n04000000_2", "7")], "\(root)/data-train-0000.tar")
      #expect(problem(root)?.description.contains("and so is one of class") == true)
    }
  }

  @Test("two pictures of one sample, and two samples of one key, are refused")
  func twice() throws {
    try withDataFolder { root in
      try shard([("a/n01000000_1", "0"), ("b/n01000000_1", "0")], "\(root)/train/a-000000.tar")
      #expect(problem(root)?.description.contains("two samples of class n01000000 have one key") == true)
      var tar = TarWriter()
      for name in ["n01000000_1.jpg", "n01000000_1.png", "n01000000_1.cls"] { tar.add(name, Self.picture) }
      try put(tar.finished(), at: "\(root)/train/a-000000.tar")
      #expect(problem(root)?.description.contains("has two pictures") == true)
    }
  }

  @Test("boxes are read from archives, and one that is cut is an error before any picture is packed")
  func boxes() throws {
    try withDataFolder { root in
      _ = try Self.set.write(.officialArchives, to: root)
      let box =
        "<annotation><size><width>9</width><height>8</height></size><object><name>n01000000</name><bndbox><xmin>1</xmin>"
        + "<ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></bndbox></object></annotation>"
      try put(box.utf8, at: "\(root)/b/n01000000/n01000000_0.xml")
      let name = "\(root)/ILSVRC2012_bbox_train_v2.tar.gz"
      #expect(try RunningProcess(["tar", "-C", "\(root)/b", "-czf", name, "."]).wait().exitCode == 0)
      let set = try DataSet(contentsOf: root)
      let annotations = SplitAnnotations(try #require(set.layout), .train)
      try annotations.requireArchives()
      let found = try annotations.annotation(of: "train/n01000000/n01000000_0.JPEG", wnid: "n01000000")
      #expect(found?.boxes.count == 1)
      #expect(try annotations.annotation(of: "train/n01000000/n01000000_2.JPEG", wnid: "n01000000") == nil)
      #expect(try AnnotationSet(contentsOf: name).entries.map(\.stem) == ["n01000000_0"])
      let bytes = try WholeFile.read(FileName(name))
      try put(Array(bytes[..<(bytes.count / 2)]), at: name)
      #expect(throws: DataError.self) { try SplitAnnotations(try Layout(of: root), .train).requireArchives() }
    }
  }
}
