import Foundation
import HDF5
import TestSupport
import Testing

@Suite("Packs") struct PrepareTests {
  let files = FileManager.default

  private func prepare(
    _ tiny: TinyData, _ pack: String, ranks: Int = 1, code: Int32 = 0, _ more: [String] = []
  ) throws -> ProcessResult {
    let result = try runUnderMPI(
      ranks: ranks, tool: "deepinside",
      arguments: ["prepare", "--data", tiny.data, "--output", tiny.folder.path(pack), "--threads", "2"] + more)
    try #require(result.exitCode == code, "\(result)")
    return result
  }

  /// The files of a folder and their bytes.
  private func contents(_ tiny: TinyData, _ pack: String) throws -> [String: Data] {
    let folder = tiny.folder.path(pack)
    let names = try files.contentsOfDirectory(atPath: folder)
    return Dictionary(uniqueKeysWithValues: names.map { ($0, files.contents(atPath: "\(folder)/\($0)") ?? Data()) })
  }

  private func losses(_ tiny: TinyData, data: String, run: String, _ more: [String] = []) throws -> [Int: Double] {
    var arguments = tiny.training(run, steps: 6, more)
    arguments[2] = data
    let result = try runTool("deepinside", arguments)
    try #require(result.exitCode == 0, "\(result)")
    return try tiny.losses(run)
  }

  @Test("a pack is the same to the byte on 1, 2 and 4 ranks, and whole when it stands", arguments: ["jpeg", "raw"])
  func ranks(pixels: String) throws {
    let tiny = try TinyData()
    let options = ["--shard-pictures", "4", "--pixels", pixels, "--shorter-side", "37"]
    var packs: [[String: Data]] = []
    for ranks in [1, 2, 4] {
      _ = try prepare(tiny, "pack\(ranks)", ranks: ranks, options)
      packs.append(try contents(tiny, "pack\(ranks)"))
    }
    // 30 training and 6 validation pictures.
    let shards = (0...7).map { "train-0000\($0).shard" } + ["val-00000.shard", "val-00001.shard"]
    #expect(packs[0].keys.sorted() == ["pack.h5", "prepare.json", "report.csv"] + shards)
    #expect(packs[0] == packs[1] && packs[0] == packs[2])
    let inspected = try runTool("deepinside", ["inspect", tiny.folder.path("pack1")])
    #expect(inspected.exitCode == 0 && inspected.output.contains("30 train (30 readable), 6 val (6 readable)"), "\(inspected)")
    #expect(try prepare(tiny, "pack1", options).output.contains("whole already"))
  }

  @Test("a pack or a run in the folder of a split is refused before anything is made there")
  func insideData() throws {
    let tiny = try TinyData(imagesPerClass: 5)
    _ = try prepare(tiny, "data/train/pack", ranks: 2, code: 2)
    let training = try runTool("deepinside", tiny.training("data/val/run", steps: 1))
    #expect(training.exitCode == 2 && training.output.contains("choose a folder outside of it"), "\(training)")
    for made in ["data/train/pack", "data/val/run"] { #expect(!files.fileExists(atPath: tiny.folder.path(made))) }
  }

  @Test("a pack whose making was interrupted is gone on with, and ends the same", arguments: [SIGKILL, SIGUSR1])
  func interrupted(signal: Int32) throws {
    let tiny = try TinyData(imagesPerClass: 300)
    let options = ["--shard-pictures", "8", "--shorter-side", "37"]
    _ = try prepare(tiny, "whole", ranks: 2, options)
    let pack = tiny.folder.path("interrupted")
    let arguments = ["prepare", "--data", tiny.data, "--output", pack, "--threads", "1"] + options
    let running = try RunningProcess([try builtTool("deepinside")] + arguments)
    let deadline = Date(timeIntervalSinceNow: 60)
    while !files.fileExists(atPath: pack + "/parts/train-00003.h5"), Date() < deadline { usleep(500) }
    running.signal(signal)
    let result = running.wait()
    #expect(result.exitCode == (signal == SIGKILL ? 128 + SIGKILL : 4), "\(result)")
    try #require(!files.fileExists(atPath: pack + "/pack.h5"), "it was too fast to be interrupted: \(result)")
    for (command, word) in [(["inspect", pack], "in the making"), (tiny.training("run", steps: 1), "in the making")] {
      let refused = try runTool("deepinside", command.map { $0 == tiny.data ? pack : $0 })
      #expect(refused.exitCode == 3 && refused.output.contains(word), "\(refused)")
    }
    #expect(try prepare(tiny, "interrupted", ranks: 2, options).output.contains("shards are whole already"))
    #expect(try contents(tiny, "interrupted") == contents(tiny, "whole"))
  }

  @Test("other settings are refused, each by name, and --overwrite begins anew")
  func settings() throws {
    let tiny = try TinyData()
    _ = try prepare(tiny, "pack", ["--shorter-side", "37"])
    let refused = try prepare(tiny, "pack", code: 2, ["--shorter-side", "38", "--quality", "80"])
    #expect(refused.output.contains("shorter side: 37 → 38, quality: 90 → 80"), "\(refused)")
    _ = try prepare(tiny, "pack", ["--shorter-side", "38", "--overwrite"])
    #expect(try runTool("deepinside", ["inspect", tiny.folder.path("pack")]).output.contains("shorter side at most 38"))
    let foreign = try prepare(tiny, "data", code: 2)
    #expect(foreign.output.contains("no pack of deepinside's"), "\(foreign)")
    // Crops of 32 pixels come from a shorter side of 37.
    _ = try prepare(tiny, "small", ["--shorter-side", "34"])
    let small = tiny.training("run", steps: 1).map { $0 == tiny.data ? tiny.folder.path("small") : $0 }
    let tooSmall = try runTool("deepinside", small)
    #expect(tooSmall.exitCode == 2 && tooSmall.output.contains("--shorter-side 34"), "\(tooSmall)")
    #expect(try runTool("deepinside", small + ["--shorter-side", "34"]).exitCode == 0)
  }

  @Test("training from a pack repeats itself, and with raw pixels it is the training from the folder, bit for bit")
  func training() throws {
    let tiny = try TinyData()
    _ = try prepare(tiny, "raw", ["--shorter-side", "37", "--pixels", "raw"])
    _ = try prepare(tiny, "jpeg", ["--shorter-side", "37"])
    // The colour axes come from the whole squares of a pack, and from the crops of a folder.
    let how = ["--colour-jitter", "0"]
    let folder = try losses(tiny, data: tiny.data, run: "folder", how)
    #expect(try losses(tiny, data: tiny.folder.path("raw"), run: "raw-run", how) == folder)
    let jpeg = try losses(tiny, data: tiny.folder.path("jpeg"), run: "jpeg-run")
    #expect(try losses(tiny, data: tiny.folder.path("jpeg"), run: "jpeg-again") == jpeg)
    let changed = try losses(tiny, data: tiny.folder.path("jpeg"), run: "jpeg-plain", ["--no-flip", "--erase-probability", "0"])
    #expect(changed != jpeg && changed.count == jpeg.count)
    let results = try [tiny.data, tiny.folder.path("raw")].map {
      try runTool("deepinside", ["evaluate", "--checkpoint", tiny.newest("raw-run"), "--data", $0, "--json"]).output
    }
    #expect(results[0] == results[1] && results[0].contains("\"pictures\":6"), "\(results)")
  }

  @Test("every bad or odd file is reported, and what is bad counts where it must")
  func findings() throws {
    let tiny = try TinyData()
    let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "ImagesTests/Golden").path
    let folder = tiny.data + "/train/s00000001/"
    let whole = try #require(files.contents(atPath: folder + "s00000001_0.JPEG"))
    func put(_ data: Data?, _ name: String) throws { try #require(data).write(to: URL(fileURLWithPath: tiny.data + "/" + name)) }
    try put(Data(), "train/s00000001/a-empty.JPEG")
    try put(Data("GIF89a, and more".utf8), "train/s00000001/b-gif.JPEG")
    try put(whole.prefix(whole.count / 2), "train/s00000001/c-cut.JPEG")
    try put(files.contents(atPath: golden + "/png-rgb16.png"), "train/s00000001/d-deep.JPEG")
    try put(files.contents(atPath: golden + "/cmyk-adobe.jpg"), "train/s00000001/e-inks.JPEG")
    try put(files.contents(atPath: golden + "/orientation6.jpg"), "train/s00000001/f-turned.jpg")
    try files.createSymbolicLink(atPath: folder + "g, lost.JPEG", withDestinationPath: "nowhere")
    try put(Data("a text".utf8), "val/s00000002/text.JPEG")
    let annotations = tiny.data + "/Annotations/train/s00000001/s00000001_0.xml"
    try #require(files.fileExists(atPath: annotations))
    try Data("<annotation>".utf8).write(to: URL(fileURLWithPath: annotations))

    let refused = try prepare(tiny, "pack", code: 3)
    #expect(
      refused.output.contains("5 of 44 pictures can't be read") && refused.output.contains("--bad-file-limit"), "\(refused)")
    let result = try prepare(tiny, "pack", ["--bad-file-limit", "0.2"])
    let report = String(decoding: try #require(files.contents(atPath: tiny.folder.path("pack/report.csv"))), as: UTF8.self)
    let found = report.split(separator: "\n").dropFirst().map { line -> String in
      // A name with a comma stands in quotes, and no detail here comes before the finding.
      let fields = line.replacing("\"train/s00000001/g, lost.JPEG\"", with: "g").split(separator: ",")
      return "\(fields[0].split(separator: "/").last!): \(fields[2])"
    }
    #expect(
      found == [
        "a-empty.JPEG: empty", "b-gif.JPEG: not a picture", "c-cut.JPEG: truncated", "d-deep.JPEG: misnamed",
        "d-deep.JPEG: 16-bit", "d-deep.JPEG: tiny", "e-inks.JPEG: CMYK", "e-inks.JPEG: tiny", "f-turned.jpg: turned",
        "f-turned.jpg: tiny", "g: unreadable", "s00000001_0.JPEG: annotation",
        "text.JPEG: not a picture",
      ], "\(report)")
    #expect(result.output.contains("2 not a picture"), "\(result)")
    #expect(!report.contains(tiny.data), "names are relative: \(report)")

    let pack = tiny.folder.path("pack")
    let index = try HDF5File.open(at: pack + "/pack.h5")
    #expect(try index.readInt32s("/train/class_counts").values == [13, 10, 10])
    #expect(try index.readStrings("/train/names").count == 37)
    // What is bad was put up with by `prepare`: training doesn't count it again, and says so.
    let trained = try runTool("deepinside", tiny.training("run", steps: 6).map { $0 == tiny.data ? pack : $0 })
    #expect(trained.exitCode == 0 && trained.output.contains("report.csv"), "\(trained)")
    let evaluated = try runTool("deepinside", ["evaluate", "--checkpoint", tiny.newest("run"), "--data", pack, "--json"])
    #expect(evaluated.output.contains("\"pictures\":7"), "\(evaluated)")
  }

  @Test("a damaged, cut or missing file of a pack is named, with exit code 3")
  func damage() throws {
    let tiny = try TinyData()
    _ = try prepare(tiny, "pack", ["--shard-pictures", "10", "--shorter-side", "37"])
    let pack = tiny.folder.path("pack")
    let shard = pack + "/train-00001.shard"
    let whole = try #require(files.contents(atPath: shard))
    func inspect() throws -> ProcessResult { try runTool("deepinside", ["inspect", pack]) }
    func train() throws -> ProcessResult {
      try runTool("deepinside", tiny.training("run-\(UUID())", steps: 6).map { $0 == tiny.data ? pack : $0 })
    }
    var flipped = whole
    flipped[whole.count / 2] ^= 1
    try flipped.write(to: URL(fileURLWithPath: shard))
    let damaged = try inspect()
    #expect(damaged.exitCode == 3 && damaged.output.contains("train-00001.shard has been damaged"), "\(damaged)")
    let refused = try train()
    #expect(refused.exitCode == 0 && refused.output.contains("damaged since the pack was made"), "\(refused)")
    try whole.dropLast().write(to: URL(fileURLWithPath: shard))
    for cut in [try inspect(), try train()] {
      #expect(cut.exitCode == 3 && cut.output.contains("train-00001.shard has \(whole.count - 1) bytes"), "\(cut)")
    }
    try files.removeItem(atPath: shard)
    let missing = try train()
    #expect(missing.exitCode == 3 && missing.output.contains("train-00001.shard is missing"), "\(missing)")
    try HDF5File.write(to: pack + "/pack.h5") { (file) throws(HDF5Error) in
      try file.setAttribute("format", to: "deepinside-pack")
      try file.setAttribute("version", to: Int64(7))
    }
    let newer = try train()
    #expect(newer.exitCode == 3 && newer.output.contains("version 7, expected 1"), "\(newer)")
  }

  @Test("the augmentation preview is a sheet of as many crops, and trains nothing")
  func preview() throws {
    let tiny = try TinyData()
    let result = try runTool("deepinside", tiny.training("run", steps: 6, ["--augmentation-preview", "7"]))
    #expect(result.exitCode == 0, "\(result)")
    let names = try files.contentsOfDirectory(atPath: tiny.folder.path("run"))
    #expect(names == ["augmentation-preview.png"])
    let bytes = try #require(files.contents(atPath: tiny.folder.path("run/augmentation-preview.png")))
    // 3 × 3 places for crops of 32 pixels, two pixels between them: 100 × 100 in the PNG's header.
    #expect(Array(bytes[16..<24]) == [0, 0, 0, 100, 0, 0, 0, 100])
  }
}
