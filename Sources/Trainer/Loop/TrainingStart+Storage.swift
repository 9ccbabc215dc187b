import Checkpoint
import Cluster
import Files
import Foundation
import Report

extension TrainingStart {
  /// Waits for the pictures of a run that had them before: a restart may be quicker than the file server.
  ///
  /// - Throws: `DataError` when they stay away.
  static func awaitStorage(of job: TrainingJob) throws(DataError) {
    struct Description: Decodable { let data: String }
    let path = job.run.description
    let text = FileManager.default.fileExists(atPath: path) ? try? WholeFile.read(FileName(path), limit: 1 << 24) : nil
    let earlier = text.flatMap { try? JSONDecoder().decode(Description.self, from: Data($0)) }
    guard earlier?.data == job.data else { return }
    do throws(StoragePatience.Trouble) {
      try StoragePatience.waitForRoot(job.data, wasThere: true)
      // Of a folder of files either may be a mount point of its own.
      let layout = try? Layout(of: job.data)
      for folder in Split.allCases.compactMap({ layout?.folder(of: $0) }) {
        try StoragePatience.waitForRoot(folder, wasThere: true)
      }
    } catch { throw DataError(error) }
  }

  /// Waits for the checkpoints of a run whose metrics tell of some: without them it would begin anew.
  ///
  /// - Throws: `JobError` when there are none, `FileError` when the metrics can't be read.
  static func awaitCheckpoints(of run: RunFolder, in folder: CheckpointFolder) throws {
    func holdsSome() -> Bool { ((try? folder.steps()) ?? []).isEmpty == false }
    guard !holdsSome(), try tellsOfCheckpoints(run) else { return }
    do throws(StoragePatience.Trouble) {
      try StoragePatience.wait(
        for: "\(run.metrics) tells of checkpoints, and \(folder.path) holds none", until: holdsSome)
    } catch {
      if error.kind == .stopped { throw DataError(error) }
      throw JobError("\(error); bring them back, or begin the run anew with --resume none")
    }
  }

  private static func tellsOfCheckpoints(_ run: RunFolder) throws(FileError) -> Bool {
    guard let text = try OwnFiles.bytes(run.metrics, limit: MetricsLog.longest) else { return false }
    return Data(text).range(of: Data("\"kind\":\"checkpoint\"".utf8)) != nil
  }
}
