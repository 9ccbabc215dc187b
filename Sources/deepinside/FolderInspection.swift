import Checkpoint
import Cluster
import DataSets
import Files
import Foundation
import Report
import Results

/// What a run folder or a result folder is, as text for people, with all of its HDF5 files read and their checksums verified.
struct FolderInspection {
  let text: String
  /// True if every file is there, and every checksum is right.
  let isWhole: Bool

  /// - Parameter progress: called with the number of verified files.
  /// - Throws: `JobError` if the folder is neither a run nor one of results, or lacks what says so.
  init(of folder: String, progress: (_ done: Int, _ total: Int) -> Void) throws {
    let run = RunFolder(folder)
    var facts: [String]
    let files: [String]
    if FileManager.default.fileExists(atPath: run.description) {
      (facts, files) = Self.describe(run)
    } else if FileManager.default.fileExists(atPath: FilePath.join(folder, ResultStore.parametersFile)) {
      (facts, files) = try Self.describeResults(folder)
    } else {
      throw JobError.badData(
        "\(folder) is a folder, but no run (run.json), no results (\(ResultStore.parametersFile)) and no pack; "
          + "inspect takes one of those, or an HDF5 file")
    }
    var problems: [String] = []
    for (done, file) in files.enumerated() {
      do {
        if try !Inspection.of(file).isWhole { problems.append("\(file) is damaged: deepinside inspect \(file) says where") }
      } catch {
        problems.append("\(error)")
      }
      progress(done + 1, files.count)
    }
    facts += problems.isEmpty ? ["", "\(folder) is whole"] : ["", "\(folder) is NOT WHOLE:"] + problems.map { "  \($0)" }
    text = facts.joined(separator: "\n")
    isWhole = problems.isEmpty
  }

  static func applies(to path: String) -> Bool { FilePath.isFolder(path) }

  // MARK: - Runs

  /// What `run.json` says of the start.
  private struct Beginning: Decodable {
    let commandLine: [String]?
    let data: String?
    let classes: Int?
  }

  private static func describe(_ run: RunFolder) -> (facts: [String], files: [String]) {
    let beginning = FileManager.default.contents(atPath: run.description)
      .flatMap { try? JSONDecoder().decode(Beginning.self, from: $0) }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: run.checkpoints)) ?? [])
      .filter { CheckpointFolder.step(ofName: $0) != nil }.sorted()
    let links = ["latest.h5", "best.h5"].compactMap { name in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: FilePath.join(run.checkpoints, name))).map { (name, $0) }
    }
    let checkpoints = names.map { name in
      ([name] + links.filter { $0.1 == name }.map { "(\($0.0))" }).joined(separator: " ")
    }
    let facts = [
      "run          \(run.path)",
      "began with   \(beginning?.commandLine?.joined(separator: " ") ?? "unknown: run.json can't be read")",
      "data         \(beginning?.data ?? "unknown")\(beginning?.classes.map { ", \($0) classes" } ?? "")",
      "checkpoints  \(checkpoints.isEmpty ? "none yet" : checkpoints.joined(separator: ", "))",
      "curves       \(run.report)",
    ]
    return (facts, names.map { FilePath.join(run.checkpoints, $0) })
  }

  // MARK: - Results

  private static func describeResults(_ folder: String) throws -> (facts: [String], files: [String]) {
    let path = FilePath.join(folder, ResultStore.parametersFile)
    guard let header = try ResultJSON.file(ResultHeader.self, path) else {
      throw JobError.badData("\(path) has vanished while it was looked at")
    }
    var items: Set<String> = []
    try Manifest(of: folder).forEach { record, _ in items.insert(record.item) }
    let parameters = header.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let facts = [
      "results      \(folder), of \(header.command)",
      "made         \(items.count)",
      "checkpoint   \(header.checkpointFile), SHA-256 \(header.checkpointSHA256)",
      "network      \(header.network), \(header.classCount) classes",
      "parameters   \(parameters.joined(separator: ", "))",
      "page         \(FilePath.join(folder, "index.html"))",
    ]
    return (facts, items.sorted().map { FilePath.join(folder, $0 + ".h5") })
  }
}
