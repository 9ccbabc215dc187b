import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import deepinside

@Suite("The command line")
struct CommandLineTests {
  /// The examples of a command's help, each in one line.
  private func examples(_ command: any ParsableCommand.Type) -> [String] {
    var examples: [String] = []
    for line in Deepinside.helpMessage(for: command, columns: 80).split(separator: "\n") {
      let text = line.trimmingCharacters(in: .whitespaces)
      if let last = examples.last, last.hasSuffix("\\") {
        examples[examples.count - 1] = last.dropLast() + text
      } else if line.hasPrefix("  deepinside ") || line.hasPrefix("  ./launch.sh ") {
        examples.append(text)
      }
    }
    return examples
  }

  @Test("every command has a help text with examples, which can be pasted as a terminal of 80 columns shows them")
  func help() throws {
    let names = Set(Deepinside.configuration.subcommands.map { $0._commandName })
    for command in Deepinside.configuration.subcommands {
      let name = command._commandName
      let examples = examples(command)
      #expect(examples.contains { $0.hasPrefix("deepinside \(name) ") }, "\(name): \(examples)")
      for example in examples {
        let words = example.split(separator: " ").map(String.init)
        let start = try #require(words.firstIndex(where: names.contains), "\(example)")
        #expect(words[0] != "deepinside" || start == 1, "\(example)")
        let parsed = try Deepinside.parseAsRoot(Array(words[start...]))
        #expect(type(of: parsed)._commandName == words[start], "\(example)")
      }
    }
    let result = try runTool("deepinside", ["train", "--help"])
    #expect(result.exitCode == 0 && result.output.contains("USAGE: deepinside train"), "\(result)")
  }

  @Test("what a command can't do without comes first in its help")
  func requiredFirst() {
    for command in Deepinside.configuration.subcommands {
      let text = Deepinside.helpMessage(for: command, columns: 80)
      guard let usage = text.split(separator: "\n").first(where: { $0.hasPrefix("USAGE:") }) else { continue }
      // The usage has what may be left out in brackets.
      let required = usage.split(separator: " ").filter { $0.hasPrefix("--") }
      let options = text.split(separator: "\n").compactMap { line in
        line.hasPrefix("  --") ? line.split(separator: " ").first : nil
      }
      #expect(Set(options.prefix(required.count)) == Set(required), "\(usage): \(options)")
    }
  }

  @Test(
    "wrong use ends with exit code 2 and says what is wrong",
    arguments: [
      (["train"], "--data"),
      (["train", "--data", "d", "--run", "r", "--batch", "0"], "--batch 0"),
      (["train", "--data", "d", "--run", "r", "--epochs", "many"], "many"),
      (["train", "--data", "d", "--run", "r", "--checkpoint-every", "3parsecs"], "3parsecs"),
      (["train", "--data", "d", "--run", "r", "--schedule", "hope"], "hope"),
      (["evaluate", "--checkpoint", "c"], "--data"),
      (["class-models", "--checkpoint", "c", "--output", "o", "--mode", "odd"], "odd"),
      (["class-models", "--checkpoint", "c", "--output", "o", "--l2", "nan"], "--l2"),
      (["class-models", "--checkpoint", "c", "--output", "o", "--step", "inf"], "--step"),
      (["class-models", "--checkpoint", "c", "--output", "o", "--batch", "9223372036854775807"], "--batch"),
      (["saliency", "--checkpoint", "c", "--output", "o", "--images", "i", "--method", "odd"], "odd"),
      (["saliency", "--checkpoint", "c", "--output", "o", "--images", "i", "--colours", "odd"], "odd"),
      (["gallery", "--results", "r", "--percentile", "1.5"], "--percentile 1.5"),
      (["gallery", "--results", "r", "--tile", "0"], "--tile 0"),
      (["report"], "--run"),
      (["saliency", "--checkpoint", "c", "--output", "o", "--images", ""], "an empty value (--images)"),
      (["train", "--data=", "--run", "r"], "an empty value (--data)"),
      (["synthesize", "--output", "o", "--images-per-class", "9223372036854775807"], "9223372036854775807"),
      (["synthesize", "--output", "o", "--classes", "9223372036854775807"], "9223372036854775807"),
      (["export", "--checkpoint", "c", "--format", "odd", "--output", "o"], "odd"),
      (["export", "--checkpoint", "c", "--format", "safetensors", "--without-mean", "--output", "o"], "--without-mean"),
      (["import", "--weights", "w", "--output", "o", "--crop", "0"], "--crop 0"),
      (["localise", "--checkpoint", "c", "--output", "o", "--images", "i", "--box", "odd"], "odd"),
      (["localise", "--checkpoint", "c", "--output", "o", "--images", "i", "--rounds", "0"], "rounds 0"),
      (["score", "--answers", "a"], "--annotations"),
      (["frobnicate"], "frobnicate"),
      (["train", "--data", "d", "--run", "r", "-batch", "4"], "as in --batch"),
      (["train", "--data", "d", "--run", "r", "--frobnicate"], "--frobnicate"),
    ])
  func wrongUse(arguments: [String], word: String) throws {
    let result = try runTool("deepinside", arguments)
    #expect(result.exitCode == 2 && result.output.contains(word), "\(result)")
  }

  @Test("the examples of localise and score name the same annotations: both count the pictures of that folder")
  func sameAnnotations() throws {
    let named = try ["localise", "score"].map { command in
      try runTool("deepinside", [command, "--help"]).output.firstMatch(of: /--annotations (\S+)/).map { String($0.1) }
    }
    let page = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/localisation.md"),
      encoding: .utf8)
    let documented = page.matches(of: /--annotations (data\S+)/).map { String($0.1) }
    #expect(Set(named + documented) == ["data/Annotations/val"], "\(named), \(documented)")
  }

  /// Runs it by a shell, which can give arguments of any bytes: `%s` in the command becomes a name in Latin-1.
  private func runWithLatin1(_ command: String, in folder: String) throws -> ProcessResult {
    try RunningProcess(["sh", "-c", "n=$(printf 'caf\\351'); cd '\(folder)' && \(command)"]).wait()
  }

  @Test("output that can't be written is a failure; where there is none, or nobody reads it, it isn't")
  func lostOutput() throws {
    let tool = try builtTool("deepinside")
    for (ending, code) in [(">/dev/full", 1), (">&-", 0), ("| true", 0), (">/dev/null", 0)] as [(String, Int32)] {
      let result = try RunningProcess(["/bin/sh", "-c", "'\(tool)' simulate --nodes 2 --rate 40 --bandwidth 1Gbit \(ending)"])
        .wait(timeout: 60)
      #expect(result.exitCode == code, "\(ending): \(result)")
    }
  }

  @Test("paths of pictures may be in Latin-1; elsewhere such an argument is refused, by its name and its option")
  func bytes() throws {
    let tiny = try TinyData()
    let tool = try builtTool("deepinside")
    try #require(try runTool("deepinside", tiny.training("run", steps: 1)).exitCode == 0)
    let folder = tiny.folder.path("")
    var result = try runWithLatin1("cp -r data/val \"$n\" && mv \"$n\"/s00000001 \"$n/$n\" && cp -r data \"data-$n\"", in: folder)
    try #require(result.exitCode == 0, "\(result)")
    result = try runWithLatin1(
      "'\(tool)' saliency --checkpoint run/checkpoints/latest.h5 --output maps --threads 1 --images \"$n\" data/train/s00000001",
      in: folder)
    #expect(result.exitCode == 0 && result.output.contains("16 made"), "\(result)")
    result = try runWithLatin1(
      "'\(tool)' saliency --checkpoint run/checkpoints/latest.h5 --output maps2 --threads 1 --images=\"$n-not\"", in: folder)
    #expect(result.exitCode == 3 && result.output.contains("no picture or folder caf%E9-not"), "\(result)")
    for (option, rest) in [
      ("--data", "evaluate --checkpoint c --data \"data-$n\""), ("--run", "train --data data --run=\"$n\""),
      ("--output", "prepare --data data --output \"$n\""), ("--checkpoint", "evaluate --data data --checkpoint \"$n.h5\""),
    ] {
      result = try runWithLatin1("'\(tool)' \(rest)", in: folder)
      #expect(
        result.exitCode == 2 && result.output.contains("caf%E9") && result.output.contains("(\(option)) is no UTF-8"), "\(result)"
      )
    }
  }

  @Test("a data folder that can't be used ends with exit code 3 and says why")
  func badData() throws {
    let tiny = try TinyData()
    let files = FileManager.default
    let cases: [(name: String, word: String, spoil: (String) throws -> Void)] = [
      ("missing", "no data folder", { try files.removeItem(atPath: $0) }),
      ("no-train", "train/", { try files.removeItem(atPath: $0 + "/train") }),
      (
        "no-pictures", "s00000002",
        { folder in
          for name in try files.contentsOfDirectory(atPath: folder + "/train/s00000002") {
            try files.removeItem(atPath: folder + "/train/s00000002/" + name)
          }
        }
      ),
      (
        "all-bad", "can't be read or decoded",
        { folder in
          for wnid in try files.contentsOfDirectory(atPath: folder + "/train") {
            for name in try files.contentsOfDirectory(atPath: folder + "/train/" + wnid) {
              try Data("text".utf8).write(to: URL(fileURLWithPath: "\(folder)/train/\(wnid)/\(name)"))
            }
          }
        }
      ),
    ]
    for (name, word, spoil) in cases {
      let folder = tiny.folder.path(name)
      try files.copyItem(atPath: tiny.data, toPath: folder)
      try spoil(folder)
      for ranks in [1, 3] {
        let result = try runUnderMPI(
          ranks: ranks, tool: "deepinside",
          arguments: [
            "train", "--data", folder, "--network", tiny.network, "--run", tiny.folder.path("r-" + name), "--batch", "6",
          ])
        #expect(result.exitCode == 3 && result.output.contains(word), "\(result)")
      }
    }
  }

  @Test("a few bad pictures are reported, and the run goes on")
  func fewBadPictures() throws {
    let tiny = try TinyData()
    let folder = tiny.data + "/train/s00000001/"
    try Data().write(to: URL(fileURLWithPath: folder + "s00000001_0.JPEG"))
    try Data("a text".utf8).write(to: URL(fileURLWithPath: folder + "s00000001_1.JPEG"))
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder + "s00000001_2.JPEG"))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder + "s00000001_2.JPEG"))
    let refused = try runTool("deepinside", tiny.training("r", steps: 6))
    #expect(refused.exitCode == 3 && refused.output.contains("--bad-file-limit"), "\(refused)")
    let result = try runTool("deepinside", tiny.training("r", steps: 6, ["--bad-file-limit", "0.2"]))
    #expect(result.exitCode == 0, "\(result)")
    for number in 0...2 { #expect(result.output.contains("s00000001_\(number).JPEG"), "\(result)") }
  }

  @Test("the whole way: train, evaluate, inspect, class models, saliency, gallery")
  func wholeWay() throws {
    let tiny = try TinyData()
    func run(_ arguments: [String], ranks: Int = 2, code: Int32 = 0) throws -> ProcessResult {
      let result = try runUnderMPI(ranks: ranks, tool: "deepinside", arguments: arguments)
      try #require(result.exitCode == code, "\(result)")
      return result
    }
    _ = try run(tiny.training("run", steps: 20))
    let best = tiny.folder.path("run/checkpoints/best.h5")
    let errors = try [1, 2, 3].map { ranks in
      try run(["evaluate", "--checkpoint", best, "--data", tiny.data, "--json"], ranks: ranks).output
    }
    #expect(errors[0].contains("\"pictures\":6") && Set(errors.map { $0.drop { $0 != "," } }).count == 1, "\(errors)")
    #expect(try run(["inspect", best], ranks: 1).output.contains("tiny"))
    let models = tiny.folder.path("models")
    _ = try run(["class-models", "--checkpoint", best, "--output", models, "--iterations", "5"])
    for number in 1...3 {
      for ending in ["h5", "png"] { #expect(FileManager.default.fileExists(atPath: "\(models)/s0000000\(number).\(ending)")) }
    }
    #expect(
      try run(["class-models", "--checkpoint", best, "--output", models, "--iterations", "5"]).output.contains("3 were whole"))
    for (folder, kind) in [(tiny.folder.path("run"), "began with"), (models, "of class-models")] {
      let inspected = try run(["inspect", folder], ranks: 1)
      #expect(inspected.output.contains(kind) && inspected.output.contains("\(folder) is whole"), "\(inspected)")
    }
    #expect(try run(["inspect", tiny.data], ranks: 1, code: 3).output.contains("no run"))
    // Nothing is written over a checkpoint, and no results into a run or the other way round.
    let over = ["export", "--checkpoint", best, "--format", "safetensors", "--output", best]
    #expect(try run(over, ranks: 1, code: 2).output.contains("is a checkpoint"))
    let evaluation = ["evaluate", "--checkpoint", best, "--data", tiny.data, "--output", tiny.folder.path("run")]
    #expect(try run(evaluation, code: 2).output.contains("a run of train"))
    #expect(try run(tiny.training("models", steps: 20), code: 2).output.contains("holds results"))
    let refused = try run(["class-models", "--checkpoint", best, "--output", models, "--iterations", "6"], code: 2)
    #expect(refused.output.contains("iterations"), "\(refused)")
    let maps = tiny.folder.path("maps")
    try Data().write(to: URL(fileURLWithPath: tiny.data + "/val/s00000001/empty.JPEG"))
    let incomplete = try run(["saliency", "--checkpoint", best, "--images", tiny.data + "/val", "--output", maps], code: 1)
    #expect(incomplete.output.contains("empty.JPEG"), "\(incomplete)")
    #expect(try run(["gallery", "--results", maps], ranks: 1).output.contains("6 results"))
    _ = try run(["gallery", "--results", maps, "--gamma", "0.5", "--overlay", "0.6", "--contact-sheet"], ranks: 1)
    let page = try String(contentsOfFile: maps + "/index.html", encoding: .utf8)
    #expect(page.contains("^0.5") && page.contains("href=\"contact-sheet.png\""))
    try FileManager.default.moveItem(atPath: maps + "/manifest.jsonl", toPath: maps + "/kept")
    #expect(try run(["gallery", "--results", maps], ranks: 1, code: 3).output.contains("6 results that its manifest.jsonl"))
    try FileManager.default.moveItem(atPath: maps + "/kept", toPath: maps + "/manifest.jsonl")
    let boxes = tiny.folder.path("boxes")
    try FileManager.default.removeItem(atPath: tiny.data + "/val/s00000001/empty.JPEG")
    let truth = tiny.data + "/Annotations"
    let found = try run(
      ["localise", "--checkpoint", best, "--images", tiny.data + "/val", "--annotations", truth, "--output", boxes])
    #expect(found.output.contains("5 answers: localisation error"), "\(found)")
    let score = try run(["score", "--answers", boxes + "/boxes.csv", "--annotations", truth, "--json"], ranks: 1)
    #expect(score.output.contains("localisationError"), "\(score)")
  }
}
