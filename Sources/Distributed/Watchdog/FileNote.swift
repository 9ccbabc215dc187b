import Files

/// The file that a rank has been busy with longest, as it tells the watchdog of rank 0.
struct FileNote: Equatable {
  let action: FileActivity.Action
  let path: String
  let seconds: Double

  init(action: FileActivity.Action, path: String, seconds: Double) {
    (self.action, self.path, self.seconds) = (action, path, seconds)
  }

  /// The note of this process; nil if it is busy with no file.
  static var current: FileNote? {
    FileActivity.oldest.map { FileNote(action: $0.action, path: $0.path, seconds: $0.seconds) }
  }

  // MARK: In a message: the action, milliseconds, the length of the path, and its bytes, eight per integer.

  static let count = 3 + pathBytes / 8
  private static let pathBytes = 512

  static func write(_ note: FileNote?, to message: UnsafeMutablePointer<Int>) {
    message[0] = note?.action.rawValue ?? 0
    message[1] = Int(1000 * (note?.seconds ?? 0))
    // Of a longer path the end is kept, which says more than the beginning.
    let bytes = Array(Array((note?.path ?? "").utf8).suffix(pathBytes))
    message[2] = bytes.count
    UnsafeMutableRawPointer(message + 3).withMemoryRebound(to: UInt8.self, capacity: pathBytes) {
      $0.update(from: bytes, count: bytes.count)
    }
  }

  init?(_ message: UnsafePointer<Int>) {
    guard let action = FileActivity.Action(rawValue: message[0]) else { return nil }
    self.action = action
    seconds = Double(message[1]) / 1000
    let bytes = UnsafeRawBufferPointer(start: message + 3, count: min(max(0, message[2]), Self.pathBytes))
    path = String(decoding: bytes, as: UTF8.self)
  }
}
