import Cluster
import Files
import Foundation

/// `OUT/rendering.json`: how the maps in the folder's pictures are drawn, all of them alike. Results don't depend on it.
extension ResultStore {
  static let renderingFile = "rendering.json"

  /// Nil when the folder has no pictures of maps, or not all are drawn alike.
  static func rendering(in folder: String) -> SaliencyRendering? {
    FileManager.default.contents(atPath: (folder as NSString).appendingPathComponent(renderingFile)).flatMap {
      ResultJSON.value(SaliencyRendering.self, String(decoding: $0, as: UTF8.self))
    }
  }

  /// How a job draws: as it is told, else as what is there already, else by default.
  ///
  /// - Note: collective; the folder that rank 0 sees counts.
  static func rendering(
    _ told: SaliencyRendering?, in folder: String, overwrite: Bool, _ communicator: Communicator
  ) throws -> SaliencyRendering {
    let found = communicator.rank == 0 && !overwrite ? rendering(in: folder) : nil
    return try communicator.broadcast(told ?? found ?? SaliencyRendering())
  }

  /// Says how all pictures are drawn, or that they no longer are alike; on rank 0.
  ///
  /// - Parameter isEmpty: whether there are no pictures yet.
  func beginDrawing(isEmpty: Bool) throws {
    guard let rendering, Self.rendering(in: folder) != rendering else { return }
    if isEmpty { try endDrawing() } else { unlink(path(Self.renderingFile)) }
  }

  /// Says that all pictures are drawn as this store draws.
  func endDrawing() throws {
    guard let rendering else { return }
    try AtomicFile.write(ResultJSON.text(rendering, pretty: true) + "\n", to: path(Self.renderingFile))
  }
}
