import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Results
@testable import Visualize

@Suite("Runs of localise beside each other")
struct LocalisationComparisonTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A result folder as `localise` leaves it, as far as a comparison reads it.
  private func run(_ name: String, _ box: String, errors: [Double]?, pictures: Int = 8) throws -> String {
    let net = TrainedNetwork(
      parameters: try smallNet(), mean: [Float](repeating: 0, count: 768), classes: ["n1", "n2", "n3", "n4", "n5"],
      classNames: ["", "", "", "", ""], digest: "d", fileName: "f")
    var summary = JobSummary(
      RunCounts(
        command: LocalisationJob.command, total: 8, done: 8, skipped: 0, failed: 0, failures: [], warnings: [], seconds: 1,
        itemsPerSecond: 8, ranks: 1, stopped: false), JobFindings())
    (summary.localisationError, summary.picturesWithBoxes) = (errors, pictures)
    let path = folder.path(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let header = ResultHeader(
      command: LocalisationJob.command, parameters: ["box": .text(box)], net: net, compute: ComputeSettings())
    try ResultJSON.text(header).write(toFile: "\(path)/parameters.json", atomically: true, encoding: .utf8)
    try ResultJSON.text(summary).write(toFile: "\(path)/summary.json", atomically: true, encoding: .utf8)
    return path
  }

  @Test("the least error with five answers comes first, in the table and in the file")
  func table() throws {
    let whole = try run("whole", "whole", errors: [0.75, 0.7, 0.7, 0.7, 0.625])
    let cut = try run("cut", "graphcut", errors: [0.5, 0.4, 0.4, 0.4, 0.25])
    let comparison = try LocalisationComparison(folders: [whole, cut])
    try comparison.write(to: folder.path("out"))
    let csv = try String(contentsOfFile: folder.path("out/localisation.csv"), encoding: .utf8)
    #expect(csv == "folder,box,pictures,error1,error5\n\(cut),graphcut,8,0.5000,0.2500\n\(whole),whole,8,0.7500,0.6250\n")
    let lines = comparison.text.split(separator: "\n")
    #expect(lines.count == 3 && lines[1].hasPrefix(cut) && lines[1].hasSuffix("0.500      0.250"))
  }

  @Test("folders without an error or with other pictures are refused by name")
  func refused() throws {
    let cut = try run("cut", "graphcut", errors: [0, 0, 0, 0, 0])
    let blind = try run("blind", "whole", errors: nil)
    let other = try run("other", "whole", errors: [0, 0, 0, 0, 0], pictures: 7)
    for (folders, name) in [([cut, blind], blind), ([cut, other], other), ([folder.path("none")], "none")] {
      let error = #expect(throws: ResultsError.self) { try LocalisationComparison(folders: folders) }
      #expect(error.map { "\($0)".contains(name) } == true)
    }
  }
}
