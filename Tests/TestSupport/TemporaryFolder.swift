import Foundation

/// A folder of its own for a test, gone with everything in it when the value is.
public final class TemporaryFolder: Sendable {
  public let url: URL

  public var path: String { url.path }

  public init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "deepinside-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of `name` in the folder.
  public func path(_ name: String) -> String { url.appending(path: name).path }
}
