import Cluster
import Files
import Foundation
import Results

/// The file `OUT/rendering.json`, which records how all maps in the folder's pictures are drawn. Results don't depend on it.
struct FolderRendering {
  static let file = "rendering.json"

  let folder: String
  let rendering: SaliencyRendering

  init(_ rendering: SaliencyRendering, in folder: String) { (self.rendering, self.folder) = (rendering, folder) }

  /// Decides how a job draws: as it is told, otherwise as the pictures that exist already, otherwise by default.
  ///
  /// - Note: collective; what rank 0 finds in the folder counts.
  init(_ told: SaliencyRendering?, in folder: String, overwrite: Bool, _ communicator: Communicator) throws {
    // If a rendering is given, or `--overwrite` replaces the folder, its file isn't read.
    let rendering = try communicator.onFirst(.reading) {
      let found = told == nil && !overwrite ? try Self.found(in: folder) : nil
      return told ?? found ?? SaliencyRendering()
    }
    self.init(rendering, in: folder)
  }

  /// Reads how the folder's maps are drawn; nil if it has no pictures of maps, or not all are drawn in the same way.
  ///
  /// - Throws: `ResultsError` if the file has another form.
  static func found(in folder: String) throws(ResultsError) -> SaliencyRendering? {
    try ResultJSON.file(SaliencyRendering.self, path(folder))
  }

  /// Records how all pictures are drawn, or that they are no longer drawn in the same way; on rank 0.
  ///
  /// - Parameter isEmpty: true if there are no pictures yet.
  func begin(isEmpty: Bool) throws {
    guard try Self.found(in: folder) != rendering else { return }
    if isEmpty { try end() } else { unlink(Self.path(folder)) }
  }

  /// Records that all pictures are drawn in this way.
  func end() throws { try AtomicFile.write(ResultJSON.text(rendering, pretty: true) + "\n", to: Self.path(folder)) }

  private static func path(_ folder: String) -> String { (folder as NSString).appendingPathComponent(file) }
}
