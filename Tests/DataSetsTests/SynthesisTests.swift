import Foundation
import Images
import TestSupport
import Testing

@testable import DataSets

@Suite("Made picture sets")
struct SynthesisTests {
  @Test("all classes look different and have names of their own; neighbours differ in shape, colour and texture")
  func classes() {
    let all = (0..<SyntheticClass.limit).map(SyntheticClass.init)
    #expect(Set(all.map(\.name)).count == all.count)
    #expect(all.allSatisfy { $0.second != $0.colour })
    for (one, other) in zip(all, all.dropFirst()).prefix(1286) {
      #expect(
        one.shape != other.shape && one.colour != other.colour && one.texture != other.texture, "\(one.name), \(other.name)")
    }
    // Among the first ten classes, no single property shows the class.
    let first = all.prefix(10)
    for class_ in first {
      #expect(first.filter { $0.shape == class_.shape }.count >= 2)
      #expect(first.filter { $0.colour == class_.colour }.count >= 2)
      #expect(first.filter { $0.texture == class_.texture }.count >= 2)
    }
  }

  @Test("a set is in ILSVRC layout with boxes of the objects inside the pictures, and made twice the same bytes")
  func layout() throws {
    try withDataFolder { root in
      let synthesis = try Synthesis(classes: 3, imagesPerClass: 6, side: 48, seed: 4)
      try synthesis.write(to: "\(root)/a", threads: 3)
      try synthesis.write(to: "\(root)/b", threads: 1)
      let data = try DataSet(contentsOf: "\(root)/a")
      #expect(data.classes.map(\.wnid) == ["s00000001", "s00000002", "s00000003"])
      #expect(data.classes[1].name == "blue striped ring")
      #expect(data.train.count == 18 && data.val.count == 3 && synthesis.count == 21)

      let boxes = try AnnotationSet(contentsOf: "\(root)/a/Annotations")
      #expect(boxes.faults.isEmpty)
      for sample in data.train + data.val {
        let annotation = try #require(boxes.entries.first { $0.stem == sample.path.stem }).annotation
        let box = try #require(annotation.boxes.first)
        #expect(box.wnid == data.classes[sample.label].wnid)
        #expect(0 <= box.xmin && box.xmin < box.xmax && box.xmax < 48 && 0 <= box.ymin && box.ymin < box.ymax && box.ymax < 48)
        // Crescents fill three fifths of their circle, which has at least 25 % of the side; at most it has 65 % and one pixel.
        #expect(max(box.xmax - box.xmin, box.ymax - box.ymin) >= 7 && box.xmax - box.xmin <= 33, "\(box)")
        let picture = try Picture(contentsOf: sample.path.written)
        #expect(picture.width == 48 && picture.height == 48)
        // Validation pictures have masks, around whose pixels the box lies.
        let mask = "\(root)/a/Annotations/val/\(sample.path.stem.written).png"
        #expect(FileManager.default.fileExists(atPath: mask) == data.val.contains(sample))
        if let mask = try? Picture(contentsOf: mask) {
          let object = (0..<(48 * 48)).filter { mask.pixels[3 * $0] == 255 }
          #expect(object.map { $0 % 48 }.min() == box.xmin && object.map { $0 % 48 }.max() == box.xmax)
          #expect(object.map { $0 / 48 }.min() == box.ymin && object.map { $0 / 48 }.max() == box.ymax)
        }
        let twin = sample.path.written.replacingOccurrences(of: "\(root)/a", with: "\(root)/b")
        #expect(FileManager.default.contentsEqual(atPath: sample.path.written, andPath: twin))
      }
      #expect(boxes.entries.count == 21)
    }
  }

  @Test("shares of the pictures make the same set, and a second run makes only what is missing")
  func shares() throws {
    try withDataFolder { root in
      let synthesis = try Synthesis(classes: 2, imagesPerClass: 3, side: 32)
      try synthesis.claim(root)
      for share in [0..<3, 3..<6, 6..<synthesis.count] { try synthesis.write(to: root, share: share) }
      try synthesis.writeWords(in: root)
      #expect(try DataSet(contentsOf: root).train.count == 6)
      let kept = "\(root)/\(synthesis.item(0).picturePath)"
      try put([1], at: kept)
      try FileManager.default.removeItem(atPath: "\(root)/\(synthesis.item(1).picturePath)")
      try synthesis.write(to: root)
      #expect(FileManager.default.contents(atPath: kept) == Data([1]))
      #expect(FileManager.default.fileExists(atPath: "\(root)/\(synthesis.item(1).picturePath)"))
    }
  }

  @Test("a folder with another set, or with pictures that nobody made, is refused and stays as it is")
  func mixed() throws {
    try withDataFolder { root in
      try Synthesis(classes: 2, imagesPerClass: 2, side: 16, seed: 1).write(to: "\(root)/made")
      try put([1], at: "\(root)/own/train/n1/a.JPEG")
      for folder in ["made", "own"] {
        let before = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)").sorted()
        for (classes, count, side, seed) in [(3, 2, 16, 1), (2, 3, 16, 1), (2, 2, 17, 1), (2, 2, 16, 2)]
          as [(Int, Int, Int, UInt64)]
        {
          let other = try Synthesis(classes: classes, imagesPerClass: count, side: side, seed: seed)
          let error = #expect(throws: DataError.self) { try other.write(to: "\(root)/\(folder)") }
          #expect(error?.kind == .wrongUse && error?.description.contains("choose another --output") == true)
          if folder == "made" {
            #expect(error?.description.contains("2 classes with 2 pictures of 16 pixels each, seed 1") == true)
          }
        }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)").sorted() == before)
      }
    }
  }

  @Test("other seeds, classes and numbers give other pictures; the same ones the same")
  func determinism() throws {
    let synthesis = try Synthesis(side: 32, seed: 1)
    let (picture, box) = synthesis.picture(label: 3, number: 5)
    #expect(synthesis.picture(label: 3, number: 5) == (picture, box))
    #expect(synthesis.picture(label: 3, number: 6).0 != picture)
    #expect(synthesis.picture(label: 4, number: 5).0 != picture)
    #expect(try Synthesis(side: 32, seed: 2).picture(label: 3, number: 5).0 != picture)
  }

  @Test("impossible numbers and places are errors")
  func errors() throws {
    #expect(throws: DataError.self) { try Synthesis(classes: 0) }
    #expect(throws: DataError.self) { try Synthesis(classes: SyntheticClass.limit + 1) }
    #expect(throws: DataError.self) { try Synthesis(imagesPerClass: 0) }
    #expect(throws: DataError.self) { try Synthesis(side: 8) }
    try withDataFolder { root in
      try put([1], at: "\(root)/file")
      let error = #expect(throws: DataError.self) {
        try Synthesis(classes: 1, imagesPerClass: 1, side: 16).write(to: "\(root)/file")
      }
      #expect(error?.kind == .synthesis)
    }
  }
}
