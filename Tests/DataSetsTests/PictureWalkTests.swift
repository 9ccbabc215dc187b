import Files
import Foundation
import Images
import TestSupport
import Testing

@testable import DataSets

@Suite("Pictures below folders")
struct PictureWalkTests {
  @Test("what isn't named like a picture is one by its first bytes, and all else is counted")
  func content() throws {
    try withDataFolder { root in
      let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0]
      for name in ["a.JPG", "b", "c.tif", "d.txt", "deep/er/e.dat"] { try put(jpeg, at: "\(root)/\(name)") }
      // These are empty, of a kind that can't be decoded, or only named like a picture: reading them will say what is wrong.
      try put([], at: "\(root)/empty")
      try put("RIFF1234WEBPVP8 ".utf8, at: "\(root)/f.x")
      try put("text".utf8, at: "\(root)/g.png")
      for name in ["h.txt", "i", "deep/j.xml"] { try put("text".utf8, at: "\(root)/\(name)") }
      #expect(mkfifo("\(root)/pipe.y", 0o600) == 0)
      #expect(symlink("/nowhere", "\(root)/k.jpg") == 0)
      let walk = try PictureWalk(FileName(root))
      #expect(walk.files == ["a.JPG", "b", "c.tif", "d.txt", "deep/er/e.dat", "empty", "f.x", "g.png", "k.jpg", "pipe.y"])
      #expect(walk.firstInnerFolder == "deep/er")
      #expect(walk.passedOver.groups.map(\.count) == [3])
      #expect(walk.passedOver.sentences == ["passed over 3: no picture by its content (deep/j.xml, h.txt, i)"])
    }
  }

  @Test("links to folders above or beside end, and no picture comes twice")
  func loops() throws {
    try withDataFolder { root in
      try put([1], at: "\(root)/a/x.png")
      try put([1], at: "\(root)/b/y.png")
      for (name, target) in [("a/up", ".."), ("a/self", "."), ("b/a", "../a"), ("b/b", "../b"), ("c", "b")] {
        #expect(symlink(target, "\(root)/\(name)") == 0)
      }
      let walk = try PictureWalk(FileName(root))
      #expect(walk.files == ["a/x.png", "b/y.png"])
      #expect(walk.passedOver.groups.map(\.reason) == [PictureWalk.again] && walk.passedOver.count == 5)
    }
  }

  @Test("kinds of pictures are known by their bytes")
  func kinds() {
    let heads: [(String, PictureKind?)] = [
      ("GIF89a", .gif), ("RIFF\0\0\0\0WEBP", .webp), ("\0\0\0\u{1C}ftypheic", .heic), ("\0\0\0\u{20}ftypavif", .avif),
      ("8BPS", .photoshop),
      ("BM is no picture", nil), ("BM1234\0\0\0\0", .bmp), ("II*\0", .tiff), ("MM\0*", .tiff), ("P6\n1 1", .netpbm), ("PK", nil),
      ("", nil),
    ]
    for (head, kind) in heads { #expect(PictureKind(head.utf8) == kind, "\(head)") }
    #expect(PictureKind([0xFF, 0xD8]) == .jpeg && PictureKind([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) == .png)
  }
}
