import Cluster
import Files
import Foundation
import Results

/// `OUT/rendering.json`: how the maps in the folder's pictures are drawn, all of them alike. Results don't depend on it.
struct FolderRendering {
  static let file = "rendering.json"

  let folder: String
  let rendering: SaliencyRendering

  init(_ rendering: SaliencyRendering, in folder: String) { (self.rendering, self.folder) = (rendering, folder) }

  /// How a job draws: as it is told, else as what is there already, else by default.
  ///
  /// - Note: collective; the folder that rank 0 sees counts.
  init(_ told: SaliencyRendering?, in folder: String, overwrite: Bool, _ communicator: Communicator) throws {
    // What `--overwrite` replaces, or what is told anew, isn't looked at.
    let rendering = try communicator.onFirst(.reading) {
      let found = told == nil && !overwrite ? try Self.found(in: folder) : nil
      return told ?? found ?? SaliencyRendering()
    }
    self.init(rendering, in: folder)
  }

  /// Nil when the folder has no pictures of maps, or not all are drawn alike.
  ///
  /// - Throws: `ResultsError` for a file that isn't as it was written.
  static func found(in folder: String) throws(ResultsError) -> SaliencyRendering? {
    try ResultJSON.file(SaliencyRendering.self, path(folder))
  }

  /// Says how all pictures are drawn, or that they no longer are alike; on rank 0.
  ///
  /// - Parameter isEmpty: whether there are no pictures yet.
  func begin(isEmpty: Bool) throws {
    guard try Self.found(in: folder) != rendering else { return }
    if isEmpty { try end() } else { unlink(Self.path(folder)) }
  }

  /// Says that all pictures are drawn like that.
  func end() throws {
    try AtomicFile.write(ResultJSON.text(rendering, pretty: true) + "\n", to: Self.path(folder))
  }

  private static func path(_ folder: String) -> String { (folder as NSString).appendingPathComponent(file) }
}
