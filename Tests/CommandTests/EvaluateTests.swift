import Checkpoint
import ConvNet
import Foundation
import Images
import TestSupport
import Testing

@Suite("Evaluation")
struct EvaluateTests {
  /// A line of `predictions.csv`.
  private struct Line: Equatable {
    let image: String
    let truth: String
    let truthPosterior: Double
    let classes: [String]
    let posteriors: [Double]
  }

  private func lines(_ folder: String) throws -> [Line] {
    let text = try String(contentsOfFile: folder + "/predictions.csv", encoding: .utf8)
    return text.split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return Line(
        image: fields[0], truth: fields[1], truthPosterior: Double(fields[2]) ?? .nan,
        classes: stride(from: 3, to: 13, by: 2).map { fields[$0] }.filter { !$0.isEmpty },
        posteriors: stride(from: 4, to: 13, by: 2).compactMap { Double(fields[$0]) })
    }
  }

  /// The mean posterior over the crops of a picture: decode, resize, cut, turn, subtract, one crop at a time.
  private func naive(_ path: String, _ plan: Plan, _ contents: CheckpointContents, crops: Int) throws -> [Double] {
    let side = plan.network.input.width
    let resized = try Picture(contentsOf: path).resized(shorterSide: 37)  // 32 · 256 / 224, rounded
    let (right, bottom) = (resized.width - side, resized.height - side)
    var parts = [try resized.cropped(x: right / 2, y: bottom / 2, width: side, height: side)]
    if crops == 10 {
      for (x, y) in [(0, 0), (right, 0), (0, bottom), (right, bottom)] {
        parts.append(try resized.cropped(x: x, y: y, width: side, height: side))
      }
      parts += parts.map { $0.flipped() }
    }
    var sum = [Double](repeating: 0, count: contents.classes.count)
    for part in parts {
      let input = try Tensor(count: 1, shape: plan.network.input)
      for channel in 0..<3 {
        for place in 0..<(side * side) {
          let index = channel * side * side + place
          input.values[index] = Float(part.pixels[3 * place + channel]) - contents.mean[index]
        }
      }
      let scores = plan.forward(input)[0].map(Double.init)
      let total = scores.reduce(0) { $0 + exp($1) }
      for index in sum.indices { sum[index] += exp(scores[index]) / total / Double(parts.count) }
    }
    return sum
  }

  // 15 pictures on 4 ranks: shares of 3 and 4, and on 2 ranks of 7 and 8; batches of 4 crops end in the middle of a share.
  @Test("1 and 10 crops give what a naive computation gives, each picture once, on 1 to 4 ranks", arguments: [1, 10])
  func evaluate(crops: Int) throws {
    let tiny = try TinyData(imagesPerClass: 25)
    let trained = try runTool("deepinside", tiny.training("run", steps: 30))
    try #require(trained.exitCode == 0, "\(trained)")
    let checkpoint = try Checkpoint.read(tiny.newest("run"))
    let plan = try Plan(checkpoint.store, batch: 1, purpose: .inference, backend: .openblas)
    var outputs: [String] = []
    for ranks in 1...4 {
      let folder = tiny.folder.path("errors\(ranks)")
      let result = try runUnderMPI(
        ranks: ranks, tool: "deepinside",
        arguments: [
          "evaluate", "--checkpoint", tiny.newest("run"), "--data", tiny.data, "--crops", "\(crops)", "--batch", "4",
          "--output", folder, "--json", "--backend", "openblas",
        ])
      try #require(result.exitCode == 0, "\(result)")
      // The loss, a sum of floating-point numbers, stands first.
      outputs.append(String(result.output.drop { $0 != "," }))
    }
    #expect(Set(outputs).count == 1 && outputs[0].contains("\"pictures\":15"), "\(outputs)")
    for name in ["confusion.csv", "classes.csv", "predictions.csv"] {
      let texts = try (1...4).map { try String(contentsOfFile: tiny.folder.path("errors\($0)/\(name)"), encoding: .utf8) }
      #expect(Set(texts).count == 1, "\(name) depends on the number of ranks")
    }

    var confusion = [[Int]](repeating: [0, 0, 0], count: 3)
    let found = try lines(tiny.folder.path("errors3"))
    #expect(found.count == 15 && Set(found.map(\.image)).count == 15)
    for line in found {
      let posterior = try naive(tiny.data + "/" + line.image, plan, checkpoint.contents, crops: crops)
      let order = posterior.indices.sorted { posterior[$0] > posterior[$1] }
      let truth = try #require(checkpoint.contents.classes.firstIndex(of: line.truth))
      #expect(line.image.contains(line.truth))
      #expect(line.classes == order.map { checkpoint.contents.classes[$0] }, "\(line)")
      // Six decimals are written, and the posteriors are computed in float32.
      for (place, index) in order.enumerated() { #expect(abs(line.posteriors[place] - posterior[index]) < 5e-6, "\(line)") }
      #expect(abs(line.truthPosterior - posterior[truth]) < 5e-6, "\(line)")
      confusion[truth][order[0]] += 1
    }
    let table = try String(contentsOfFile: tiny.folder.path("errors3/confusion.csv"), encoding: .utf8)
    let expected = (0..<3).map { "s0000000\($0 + 1)," + confusion[$0].map(String.init).joined(separator: ",") + "\n" }
    #expect(table == "truth,s00000001,s00000002,s00000003\n" + expected.joined())
    let wrong = (0..<3).reduce(0) { $0 + 5 - confusion[$1][$1] }
    let error = Double(wrong) / 15
    #expect(wrong > 0, "a net that is always right shows nothing")
    let classes = try String(contentsOfFile: tiny.folder.path("errors3/classes.csv"), encoding: .utf8).split(separator: "\n")
    for index in 0..<3 {
      let fields = classes[index + 1].split(separator: ",")
      #expect(fields[2] == "5" && Int(fields[3]) == 5 - confusion[index][index] && fields[4] == "0", "\(classes)")
    }
    let json = try runTool(
      "deepinside",
      ["evaluate", "--checkpoint", tiny.newest("run"), "--data", tiny.data, "--crops", "\(crops)", "--json", "--quiet"])
    let fields = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Double])
    #expect(abs((fields["top1Error"] ?? .nan) - error) < 1e-12, "\(json)")
  }
}
