import Foundation
import HDF5
import TestSupport
import Testing

private let photographs: String? = {
  let path = "../shared/data/ilsvrc-10"
  return FileManager.default.fileExists(atPath: "\(path)/train") ? path : nil
}()

@Suite("Forms of data sets") struct LayoutTests {
  let files = FileManager.default

  /// The pictures of a made set, those of validation under ILSVRC's names, so that their order by name isn't that by class.
  ///
  /// - Parameter synsets: whether classes are called as synsets are, by which archives of classes and samples are known.
  private func arranged(_ tiny: TinyData, synsets: Bool = false) throws -> ArrangedSet {
    var items: [ArrangedSet.Item] = []
    for split in ["train", "val"] {
      for wnid in try files.contentsOfDirectory(atPath: "\(tiny.data)/\(split)").sorted() {
        for name in try files.contentsOfDirectory(atPath: "\(tiny.data)/\(split)/\(wnid)").sorted() {
          let bytes = Array(files.contents(atPath: "\(tiny.data)/\(split)/\(wnid)/\(name)") ?? Data())
          let shown = synsets ? "n" + wnid.dropFirst() : wnid
          items.append(.init(isTraining: split == "train", wnid: shown, name: name.replacing(wnid, with: shown), bytes: bytes))
        }
      }
    }
    let validation = items.filter { !$0.isTraining }
    let order = validation.indices.map { ($0 * 5 + 3) % validation.count }
    try #require(Set(order).count == validation.count)
    let renamed = zip(validation, order).map { item, number in
      let name = String(format: "ILSVRC2012_val_%08d.JPEG", number + 1)
      return ArrangedSet.Item(isTraining: false, wnid: item.wnid, name: name, bytes: item.bytes)
    }
    return ArrangedSet(items: items.filter(\.isTraining) + renamed)
  }

  private func contents(_ folder: String) throws -> [String: Data] {
    let names = try files.contentsOfDirectory(atPath: folder)
    return Dictionary(uniqueKeysWithValues: names.map { ($0, files.contents(atPath: "\(folder)/\($0)") ?? Data()) })
  }

  private func prepare(_ data: String, _ pack: String) throws -> String {
    let result = try runTool(
      "deepinside",
      ["prepare", "--data", data, "--output", pack, "--shorter-side", "37", "--threads", "2", "--shard-pictures", "9"])
    try #require(result.exitCode == 0, "\(result)")
    return result.output
  }

  @Test("the same pictures give the same pack to the byte in every form, without boxes")
  func packs() throws {
    let tiny = try TinyData(imagesPerClass: 10)
    let set = try arranged(tiny, synsets: true)
    _ = try prepare(set.write(.folders, to: tiny.folder.path("folders"))[0], tiny.folder.path("expected"))
    let expected = try contents(tiny.folder.path("expected"))
    // 30 training pictures in four shards, 6 of validation in one.
    #expect(expected.count == 3 + 5)
    for form in ArrangedSet.Form.allCases where form != .folders && form != .tinyImageNet && form != .tinyTrainAlone {
      let places = try set.write(form, to: tiny.folder.path(form.rawValue))
      for (number, place) in places.enumerated() {
        let pack = tiny.folder.path("pack-\(form.rawValue)-\(number)")
        _ = try prepare(place, pack)
        #expect(try contents(pack) == expected, "\(form), \(place)")
      }
    }
  }

  @Test("Tiny ImageNet's boxes are in the pack, those of both splits, and a training has the bits of the folders")
  func tinyImageNet() throws {
    let tiny = try TinyData(imagesPerClass: 10)
    let set = try arranged(tiny)
    let (folders, own) = (tiny.folder.path("folders"), tiny.folder.path("own"))
    _ = try set.write(.folders, to: folders)
    _ = try set.write(.tinyImageNet, to: own)
    let said = try prepare(own, tiny.folder.path("pack"))
    #expect(said.contains("3 classes in Tiny ImageNet's layout: 30 + 6 pictures"), "\(said)")
    let pack = try HDF5File.open(at: tiny.folder.path("pack/pack.h5"))
    #expect(try pack.readSignedInt32s("/train/boxes", shape: [30, 5]).prefix(5) == [0, 0, 1, 9, 8])
    #expect(try pack.readSignedInt32s("/val/boxes", shape: [6, 5]).suffix(5) == [5, 2, 3, 7, 6])
    var losses: [[Int: Double]] = []
    for data in [folders, own] {
      var arguments = tiny.training("run-\(losses.count)", steps: 6)
      arguments[2] = data
      let result = try runTool("deepinside", arguments)
      try #require(result.exitCode == 0, "\(result)")
      losses.append(try tiny.losses("run-\(losses.count)"))
    }
    #expect(losses[0] == losses[1] && losses[0].count == 6)
    let answers = set.validation.enumerated().map { "\($1.name.dropLast(5)),1,\($1.wnid),0.5,2,3,7,6" }
    let table = "image,rank,wnid,score,xmin,ymin,xmax,ymax\n" + answers.joined(separator: "\n") + "\n"
    try Data(table.utf8).write(to: URL(fileURLWithPath: tiny.folder.path("boxes.csv")))
    for place in ["\(own)/val", "\(own)/val/val_annotations.txt"] {
      let right = try runTool(
        "deepinside", ["score", "--answers", tiny.folder.path("boxes.csv"), "--annotations", place, "--json"])
      #expect(right.exitCode == 0 && right.output.contains("\"localisationError\":[0,0,0,0,0]"), "\(right)")
    }
  }

  @Test(
    "the classes of a flat folder's pictures are known from its data folder, for saliency too",
    arguments: ["kaggle", "tinyImageNet"])
  func truths(form: String) throws {
    let tiny = try TinyData(imagesPerClass: 10)
    let set = try arranged(tiny)
    let root = tiny.folder.path("set")
    _ = try set.write(try #require(ArrangedSet.Form(rawValue: form)), to: root)
    let trained = try runTool("deepinside", tiny.training("run", steps: 6))
    try #require(trained.exitCode == 0, "\(trained)")
    let val = form == "kaggle" ? "\(root)/ILSVRC/Data/CLS-LOC/val" : "\(root)/val"
    for (number, images) in [root, val].enumerated() {
      let output = tiny.folder.path("maps-\(number)")
      let made = try runTool(
        "deepinside",
        ["saliency", "--checkpoint", tiny.newest("run"), "--images", images, "--class", "truth", "--output", output])
      #expect(made.exitCode == 0 && made.output.contains("layout"), "\(made)")
      let manifest = try String(contentsOfFile: "\(output)/manifest.jsonl", encoding: .utf8)
      #expect(manifest.split(separator: "\n").count == (number == 0 ? 36 : 6))
    }
  }

  @Test("ReaL labels: the prediction counts as right when it is among them, pictures without are counted, and files are checked")
  func realLabels() throws {
    let tiny = try TinyData(imagesPerClass: 10)
    let set = try arranged(tiny)
    _ = try set.write(.kaggle, to: tiny.folder.path("set"))
    let trained = try runTool("deepinside", tiny.training("run", steps: 30))
    try #require(trained.exitCode == 0, "\(trained)")
    func evaluate(_ json: String, ranks: Int = 1, _ more: [String] = []) throws -> ProcessResult {
      try Data(json.utf8).write(to: URL(fileURLWithPath: tiny.folder.path("real.json")))
      let arguments = ["evaluate", "--checkpoint", tiny.newest("run"), "--data", tiny.folder.path("set"), "--threads", "1"]
      return try runUnderMPI(
        ranks: ranks, tool: "deepinside", arguments: arguments + ["--real", tiny.folder.path("real.json"), "--json"] + more)
    }
    let all = "[\([String](repeating: "[0,1,2]", count: 6).joined(separator: ","))]"
    let everything = try evaluate(all, ["--output", tiny.folder.path("errors")])
    #expect(everything.output.contains("\"realPictures\":6,\"realTop1Error\":0,"), "\(everything)")
    // What the network says of each picture, by the picture's number.
    let lines = try String(contentsOfFile: tiny.folder.path("errors/predictions.csv"), encoding: .utf8).split(separator: "\n")
      .dropFirst()
    var labels = [String](repeating: "[]", count: 6)
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",")
      let number = try #require(Int(fields[0].dropLast(5).suffix(8)))
      labels[number - 1] = "[\(set.wnids.firstIndex(of: String(fields[3])) ?? -1)]"
    }
    for ranks in [1, 3] {
      let one = try evaluate("[\(labels.joined(separator: ","))]", ranks: ranks)
      #expect(one.output.contains("\"realPictures\":5,\"realTop1Error\":0,\"realTop5Error\":0,\"realWithoutLabels\":1"), "\(one)")
    }
    let cases = [
      ("[[0],[1]]", "2 pictures"), ("{}", "list"), (all.replacingOccurrences(of: "0,1,2", with: "0,1000"), "picture 1: 1000"),
      (all.replacingOccurrences(of: "0,1,2", with: "-1"), "picture 1: -1"),
      (all.replacingOccurrences(of: "0,1,2", with: "\"a\""), "picture 1"),
      (all.replacingOccurrences(of: "0,1,2", with: "999"), "synset_words.txt"), ("", "list"),
    ]
    for (json, word) in cases {
      let refused = try evaluate(json)
      #expect(refused.exitCode == 3 && refused.output.contains(word), "\(json): \(refused)")
    }
  }

  @Test(
    "photographs of ten classes give the same pack from Kaggle's tree as from class folders; skipped where there are none in ../shared/data",
    .enabled(if: photographs != nil))
  func ofPhotographs() throws {
    let source = try #require(photographs)
    let folder = try TemporaryFolder()
    var items: [ArrangedSet.Item] = []
    for (split, count) in [("train", 4), ("val", 3)] {
      for wnid in try files.contentsOfDirectory(atPath: "\(source)/\(split)").sorted() {
        for name in try files.contentsOfDirectory(atPath: "\(source)/\(split)/\(wnid)").sorted().prefix(count) {
          let bytes = Array(files.contents(atPath: "\(source)/\(split)/\(wnid)/\(name)") ?? Data())
          items.append(.init(isTraining: split == "train", wnid: wnid, name: name, bytes: bytes))
        }
      }
    }
    let set = ArrangedSet(items: items)
    _ = try prepare(set.write(.folders, to: folder.path("folders"))[0], folder.path("expected"))
    _ = try prepare(set.write(.kaggle, to: folder.path("kaggle"))[0], folder.path("pack"))
    #expect(try contents(folder.path("pack")) == contents(folder.path("expected")))
  }
}
