import Cluster
import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Report
@testable import Trainer

@Suite("Reports")
struct ReportTests {
  private static func loss(at step: Int) -> Double {
    let done = Double(step)
    return 7 - 5 * done / (done + 2000)
  }

  private func step(_ step: Int, stepsAnEpoch: Int, extra: String = "") -> String {
    let epoch: Double = Double(step) / Double(stepsAnEpoch)
    let speed: Int = step % 2 == 0 ? 200 : 400
    return """
      {"dataWaitSeconds":0.002,"epoch":\(epoch),"imagesPerSecond":\(speed),"kind":"step",\
      "learningRate":0.01,"loss":\(Self.loss(at: step)),"step":\(step)\(extra)}

      """
  }

  private func epoch(_ epoch: Int, step: Int, error: Double) -> String {
    """
    {"epoch":\(epoch),"kind":"epoch","learningRate":0.01,"seconds":12.5,"step":\(step),"trainLoss":3.5,"valLoss":3.25,\
    "valTop1Error":\(error),"valTop5Error":\(error / 2)}

    """
  }

  private func folder(metrics: String) throws -> (TemporaryFolder, RunFolder) {
    let folder = try TemporaryFolder()
    try put(metrics.utf8, at: folder.path("metrics.jsonl"))
    try put(
      #"{"program":"deepinside","data":"<b>&data","classes":10,"trainPictures":100,"options":{"network":"cnn-f-64","epochs":90,"batch":10,"flip":true}}"#
        .utf8, at: folder.path("run.json"))
    return (folder, RunFolder(folder.path))
  }

  @Test("bins hold all steps, at most so many, and their means are those of all steps")
  func thinned() throws {
    var thinned = ThinnedSteps(capacity: 8)
    for number in 1...1000 {
      thinned.add(try JSONDecoder().decode(MetricsLine.self, from: Data(step(number, stepsAnEpoch: 100).utf8)))
    }
    let bins = thinned.filled
    #expect(bins.count <= 8 && thinned.width == 128 && bins.map(\.steps).reduce(0, +) == 1000)
    #expect(bins.last?.step == 1000 && bins[0].step == 128)
    let first: [Double] = (1...128).map(Self.loss(at:))
    let mean: Double = first.reduce(0, +) / 128
    #expect(abs(bins[0].loss - mean) < 1e-9)
    #expect(abs(bins[0].lowestLoss - first[127]) < 1e-9 && abs(bins[0].highestLoss - first[0]) < 1e-9)
    // Half of the pictures at 200, half at 400 a second: 2 / (1/200 + 1/400).
    #expect(abs((bins[0].imagesPerSecond ?? 0) - 266.666_666) < 1e-3)
    #expect(abs(bins[0].dataWaitMilliseconds - 2) < 1e-9)
  }

  @Test("a history read piece by piece is the history read at once; a line in the writing waits")
  func incremental() throws {
    let lines = (1...50).map { step($0, stepsAnEpoch: 25) } + [epoch(2, step: 50, error: 0.5), "no JSON\n"]
    let text = lines.joined()
    let (folder, run) = try folder(metrics: "")
    var history = RunHistory()
    for end in [0, 500, 501, 3000, text.utf8.count] {
      try put(text.utf8.prefix(end), at: folder.path("metrics.jsonl"))
      try history.read(run.metrics)
    }
    #expect(history.steps.filled.map(\.step) == Array(1...50) && history.epochs.count == 1 && history.last?.step == 50)
  }

  @Test("a page of 90 epochs of 5,000 steps is small, whole, and loads nothing")
  func page() throws {
    var text = ""
    for number in 1...90 {
      // Every hundredth step stands for all.
      for index in stride(from: 100, through: 5000, by: 100) {
        text += step((number - 1) * 5000 + index, stepsAnEpoch: 5000, extra: #","slowestRank":1"#)
      }
      text += epoch(number, step: number * 5000, error: number == 42 ? 0.397 : 0.8)
    }
    let (folder, run) = try folder(metrics: text)
    try ClassErrors.write(
      (0..<1000).map {
        ClassError(
          wnid: "n\($0)", name: "class <\($0)>, \"quoted\"", pictures: 50, top1Error: Double($0 % 51) / 50, top5Error: 0.1)
      }, to: run.classErrors)
    var report = RunReport(run)
    let store = try ParameterStore(try Preset.cnnF64.network(classes: 10), training: false)
    for index in 0..<store.values.count { store.values.pointer[index] = Float(index % 13) - 6 }
    try report.write(filters: FilterPicture(store))
    let html = try String(contentsOfFile: run.report, encoding: .utf8)
    #expect(html.utf8.count < 1 << 20 && html.hasSuffix("</html>\n"))
    #expect(!html.contains("src=\"http") && !html.contains("<script") && !html.contains("href="))
    #expect(html.contains("39.7 %") && html.contains("epoch 42") && html.contains("450,000"))
    #expect(html.contains("data:image/png;base64,") && html.contains("48 filters of conv1"))
    #expect(html.contains("&lt;b&gt;&amp;data") && !html.contains("<b>&data"))
    #expect(html.contains("class &lt;50&gt;, &quot;quoted&quot;"))
    for title in ["Loss", "Validation error", "Learning rate", "Speed", "Waiting"] { #expect(html.contains("<h3>\(title)</h3>")) }
    // Well-formed, so that no element is left open.
    #expect(html.components(separatedBy: "<svg").count == html.components(separatedBy: "</svg>").count)
    for word in ["NaN", "nan", "inf", "Optional"] { #expect(!html.contains(word), "\(word)") }
    withExtendedLifetime(folder) {}
  }

  @Test("errors by class come back from their file as they were")
  func classErrors() throws {
    let (folder, run) = try folder(metrics: "")
    var result = EvaluationResult()
    result.add(posterior: [0.5, 0.3, 0.2], label: 0)
    result.add(posterior: [0.5, 0.3, 0.2], label: 2)
    result.add(posterior: [0.2, 0.3, 0.5], label: 2)
    let classes = [ClassID(wnid: "a", name: "x, \"y\""), ClassID(wnid: "b", name: "b"), ClassID(wnid: "c", name: "c")]
    let errors = ClassErrors.of(result, classes: classes)
    #expect(errors.map(\.pictures) == [1, 2] && errors.map(\.top1Error) == [0, 0.5] && errors.map(\.wnid) == ["a", "c"])
    try ClassErrors.write(errors, to: run.classErrors)
    #expect(ClassErrors.read(run.classErrors) == errors)
    #expect(ClassErrors.read(folder.path("run.json")) == nil)
  }

  @Test("a filter's largest weight is white or black, zero is grey")
  func filters() {
    var weights = [Float](repeating: 0, count: 2 * 3 * 4)
    weights[0] = 2  // Filter 0, red, upper left.
    weights[23] = -0.5  // Filter 1, blue, lower right.
    let picture = weights.withUnsafeBufferPointer { FilterPicture(weights: $0, filters: 2, kernel: 2, layer: "conv1") }.picture
    #expect(picture.width == 7 && picture.height == 4)
    #expect(picture[1, 1] == SIMD3(255, 128, 128) && picture[2, 1] == SIMD3(128, 128, 128))
    #expect(picture[5, 2] == SIMD3(128, 128, 0) && picture[0, 0] == SIMD3(20, 20, 20))
  }

  @Test("a folder that is no run's is an error that says so")
  func noRun() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: JobError.self) { try report(run: RunFolder(folder.path)) }
    #expect(error?.exitCode == 3 && error?.description.contains("--run") == true)
  }
}
