import Files
import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Work of this program among pictures")
struct OwnWorkTests {
  private static let marks: [[String]] = [
    ["parameters.json", "manifest.jsonl"], ["run.json", "checkpoints/latest.h5"], ["pack.h5", "train-00000.shard"],
    [".deepinside-lock"],
  ]

  @Test("folders of results, runs and packs among pictures are passed over and counted", arguments: marks)
  func walks(marks: [String]) throws {
    try withDataFolder { root in
      for file in ["a.png", "deep/b.png", "deep/maps/a.png", "deep/maps/more/c.png"] + marks.map({ "deep/maps/\($0)" }) {
        try put([1], at: "\(root)/\(file)")
      }
      let walk = try PictureWalk(FileName(root))
      #expect(walk.files == ["a.png", "deep/b.png"] && !walk.isOwnWork)
      #expect(walk.passedOver.sentences == ["passed over 1: \(OwnWork.reason) (deep/maps)"])
      // Who gives such a folder itself wants its pictures.
      let inside = try PictureWalk(FileName("\(root)/deep/maps"))
      #expect(inside.files.contains("a.png") && inside.files.contains("more/c.png") && inside.isOwnWork)
    }
  }

  @Test(
    "one of a result folder's two files alone is no mark, nor is a file of another name",
    arguments: [
      "parameters.json", "manifest.jsonl", "rerun.json", "my-pack.h5",
    ])
  func others(file: String) throws {
    try withDataFolder { root in
      try put([1], at: "\(root)/n01/a.png")
      try put("text".utf8, at: "\(root)/n01/\(file)")
      #expect(try PictureWalk(FileName(root)).files == ["n01/a.png"])
    }
  }

  @Test("a run, a pack or results beside class folders or in a flat val/ are no class", arguments: marks)
  func classes(marks: [String]) throws {
    try withDataFolder { root in
      let own = (marks + ["b.png"]).flatMap { ["train/x/\($0)", "val/x/\($0)"] }
      for file in ["train/n01/a.png", "val/a.png"] + own {
        try put([0xFF, 0xD8, 1], at: "\(root)/\(file)")
      }
      try put("a.png 0\n".utf8, at: "\(root)/val.txt")
      let data = try DataSet(contentsOf: root)
      #expect(data.classes.map(\.wnid) == ["n01"] && data.train.count == 1 && data.val.count == 1)
      #expect(data.notes == ["passed over 2: \(OwnWork.reason) (train/x, val/x)"])
    }
  }

  @Test(
    "a place in a split's folder is recognised, through links and before it exists",
    arguments: [
      ("data/train", Split.train), ("data/train/run", .train), ("data/val/deep/pack/", .val), ("link/val/new", .val),
      ("data/../data/./train/x", .train), ("data/run", nil), ("data", nil), ("run", nil), ("data/training", nil),
    ])
  func places(output: String, split: Split?) throws {
    try withDataFolder { root in
      for file in ["data/train/n01/a.png", "data/val/n01/b.png"] { try put([1], at: "\(root)/\(file)") }
      #expect(symlink("\(root)/data", "\(root)/link") == 0)
      for data in ["data", "link"] {
        #expect(OwnWork.split(of: "\(root)/\(data)", holding: "\(root)/\(output)") == split)
      }
    }
  }
}
