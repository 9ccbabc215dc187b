import Foundation

/// Appends lines to `OUT/manifest.jsonl`, each in one write. Only rank 0 has a writer.
package final class ManifestWriter: Sendable {
  private let path: String
  private let descriptor: Int32

  package init(_ store: ResultStore) throws(ResultsError) {
    path = store.path(ResultStore.manifestFile)
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path, "open") }
  }

  deinit { close(descriptor) }

  /// - Parameter text: the text of a record, without a line end.
  package func append(_ text: String) throws(ResultsError) {
    var line = Array(text.utf8)[...]
    line.append(UInt8(ascii: "\n"))
    while !line.isEmpty {
      let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written >= 0 {
        line = line.dropFirst(written)
      } else if errno != EINTR {
        throw Self.failure(path, "write")
      }
    }
  }

  private static func failure(_ path: String, _ call: String) -> ResultsError {
    ResultsError(.system, "cannot write \(path): \(call): \(String(cString: strerror(errno)))")
  }
}
