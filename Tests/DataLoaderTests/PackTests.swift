import DataSets
import Files
import Foundation
import Images
import TestSupport
import Testing

@testable import DataLoader

@Suite("Packed data sets")
struct PackTests {
  @Test(
    "planes are resized as pictures are, but for their rounding to 8 bits", arguments: [(20, 13), (20, 20), (13, 20), (37, 5)])
  func resizing(from: Int, to: Int) throws {
    let picture = Picture(width: from, height: from) { pixels in
      for index in pixels.indices { pixels[index] = UInt8(truncatingIfNeeded: index * index * 37 >> 3) }
    }
    let expected = try picture.resized(width: to, height: to)
    var planes = [Float](repeating: 0, count: 3 * from * from)
    for place in 0..<(from * from) { for c in 0..<3 { planes[c * from * from + place] = Float(picture.pixels[place * 3 + c]) } }
    let found = resizedPlanes(planes, from: from, to: to)
    for place in 0..<(to * to) {
      for c in 0..<3 {
        // The picture goes through two passes, each rounded to half a level.
        #expect(abs(found[c * to * to + place] - Float(expected.pixels[place * 3 + c])) <= 1.01)
      }
    }
  }

  @Test("rows of shards that follow each other are those of the whole, with their boxes")
  func rows() {
    var pictures = (0..<5).map { number in
      PackedPicture(
        bytes: [UInt8](repeating: 1, count: number), size: (number, 2), originalSize: (3, number), crc: UInt32(number))
    }
    pictures[1].boxes = [BoundingBox(wnid: "n1", xmin: 1, ymin: 2, xmax: 3, ymax: 4)]
    pictures[4].boxes = [BoundingBox(wnid: "n2", xmin: 5, ymin: 6, xmax: 7, ymax: 8)]
    var whole = PackRows()
    var parts = [PackRows(), PackRows()]
    for (number, picture) in pictures.enumerated() {
      whole.append(picture)
      parts[number / 3].append(picture)
    }
    var joined = PackRows()
    for part in parts { joined.append(part) }
    #expect(joined.boxes == whole.boxes && whole.boxes == [1, 1, 2, 3, 4, 4, 5, 6, 7, 8])
    #expect(joined.boxClasses == ["n1", "n2"] && joined.lengths == [0, 1, 2, 3, 4] && joined.crcs == whole.crcs)
  }

  @Test(
    "shards cover every sample once, in few files, whatever the size of the set",
    arguments: [0, 1, 255, 256, 257, 9103, 1_281_167])
  func shards(count: Int) {
    var settings = PackSettings()
    settings.pictures = ["train": count, "val": 3]
    settings.shardPictures = ["train": max(256, (count + 255) / 256), "val": 256]
    let shards = settings.shards.filter { $0.split == .train }
    #expect(shards.flatMap { Array($0.samples) } == Array(0..<count))
    #expect(shards.count <= 256 && settings.shards.count == shards.count + 1)
  }

  @Test("a picture is kept as it is where nothing has to be done, and reduced where it is larger")
  func packing() throws {
    try withDataFolder { root in
      try put([1], at: "\(root)/train/n1/any")
      let small = try testPicture(10, width: 20, height: 16).encodedJPEG(quality: 95)
      let large = try testPicture(10, width: 25, height: 21).encodedJPEG(quality: 95)
      let png = try testPicture(10, width: 20, height: 16).encodedPNG()
      for (name, bytes) in [("small.jpg", small), ("large.jpg", large), ("picture.png", png)] {
        try put(bytes, at: "\(root)/\(name)")
      }
      try put(
        Annotation(width: 25, height: 21, boxes: [BoundingBox(wnid: "n1", xmin: 1, ymin: 2, xmax: 20, ymax: 20)])
          .xml(folder: "n1", name: "large").utf8, at: "\(root)/Annotations/train/n1/large.xml")
      let annotations = try SplitAnnotations(Layout(of: root, classes: []), .train)
      func pack(_ name: String, _ pixels: PackedPixels) throws -> PackedPicture {
        let packer = try PicturePacker(
          .train, PackSettings(shorterSide: 16, pixels: pixels), annotations: annotations)
        return try packer.pack(FileName("\(root)/\(name)"), name: name, wnid: "n1")
      }
      #expect(try pack("small.jpg", .jpeg).bytes == small)
      #expect(try pack("picture.png", .raw).bytes == testPicture(10, width: 20, height: 16).pixels)
      #expect(try pack("picture.png", .jpeg).bytes.starts(with: [0xFF, 0xD8]))
      let reduced = try pack("large.jpg", .raw)
      #expect(reduced.size == (19, 16) && reduced.originalSize == (25, 21) && reduced.bytes.count == 19 * 16 * 3)
      #expect(reduced.boxes == [BoundingBox(wnid: "n1", xmin: 1, ymin: 2, xmax: 20, ymax: 20)] && reduced.findings.isEmpty)
      try put(Picture(width: 1, height: 5000) { $0.update(repeating: 9) }.encodedPNG(), at: "\(root)/long.png")
      let long = try pack("long.png", .jpeg)
      #expect(long.bytes.isEmpty && long.findings.map(\.kind) == [.tooElongated])
      let decoded = try Picture(contentsOf: "\(root)/large.jpg", minimumShorterSide: 16).resized(shorterSide: 16)
      #expect(reduced.bytes == decoded.pixels)
    }
  }

  @Test("the table quotes what needs it")
  func table() {
    let finding = Finding(file: "a,\"b\"", split: .val, kind: .deep, detail: "x", action: "y\nz")
    #expect(finding.line == "\"a,\"\"b\"\"\",val,16-bit,x,\"y\nz\"\n")
  }

  @Test(
    "A pack's settings that no pack has are refused by their number",
    arguments: [
      ("classes", -1, "classes -1"), ("classes", .max, "classes 9223372036854775807"), ("shorterSide", 0, "shorter side of 0"),
      ("shorterSide", 1 << 40, "shorter side of 1099511627776"), ("quality", 101, "quality of 101"),
      ("pictures", -1, "train -1"), ("pictures", .max, "train"), ("shardPictures", .max, "train 9223372036854775807"),
    ] as [(String, Int, String)])
  func packs(field: String, value: Int, words: String) throws {
    var settings = PackSettings()
    settings.pictures = ["train": 4, "val": 2]
    settings.shardPictures = ["train": 256, "val": 256]
    settings.classes = 3
    var object = try #require(try JSONSerialization.jsonObject(with: Data(settings.json().utf8)) as? [String: Any])
    _ = try PackSettings(json: settings.json(), path: "pack.h5")
    if ["pictures", "shardPictures"].contains(field) { object[field] = ["train": value] } else { object[field] = value }
    let json = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    let error = #expect(throws: DataError.self) { try PackSettings(json: json, path: "pack.h5") }
    #expect(
      error?.description.contains(words) == true && error?.description.contains("pack.h5") == true, "\(error?.description ?? "")")
  }
}
