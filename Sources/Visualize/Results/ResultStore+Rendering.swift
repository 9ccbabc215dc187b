import Cluster
import Files
import Foundation

/// `OUT/rendering.json`: how the maps in the folder's pictures are drawn, all of them alike. Results don't depend on it.
extension ResultStore {
  static let renderingFile = "rendering.json"

  /// Nil when the folder has no pictures of maps, or not all are drawn alike.
  ///
  /// - Throws: `VisualizeError` for a file that isn't as it was written.
  static func rendering(in folder: String) throws(VisualizeError) -> SaliencyRendering? {
    try ResultJSON.file(SaliencyRendering.self, (folder as NSString).appendingPathComponent(renderingFile))
  }

  /// How a job draws: as it is told, else as what is there already, else by default.
  ///
  /// - Note: collective; the folder that rank 0 sees counts.
  static func rendering(
    _ told: SaliencyRendering?, in folder: String, overwrite: Bool, _ communicator: Communicator
  ) throws -> SaliencyRendering {
    // What `--overwrite` replaces, or what is told anew, isn't looked at.
    try communicator.onFirst(.reading) {
      let found = told == nil && !overwrite ? try rendering(in: folder) : nil
      return told ?? found ?? SaliencyRendering()
    }
  }

  /// Says how all pictures are drawn, or that they no longer are alike; on rank 0.
  ///
  /// - Parameter isEmpty: whether there are no pictures yet.
  func beginDrawing(isEmpty: Bool) throws {
    guard let rendering, try Self.rendering(in: folder) != rendering else { return }
    if isEmpty { try endDrawing() } else { unlink(path(Self.renderingFile)) }
  }

  /// Says that all pictures are drawn as this store draws.
  func endDrawing() throws {
    guard let rendering else { return }
    try AtomicFile.write(ResultJSON.text(rendering, pretty: true) + "\n", to: path(Self.renderingFile))
  }
}
