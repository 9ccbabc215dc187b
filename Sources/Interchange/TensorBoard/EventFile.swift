import Files
import Foundation

/// A TensorBoard event file, to which scalars are appended as a run goes on.
///
/// A file is never opened again: a resumed run begins a new one in the same folder, whose first event tells TensorBoard the step
/// from which on it must ignore the older files. Source: TFRecord framing (length, its masked CRC-32C, data, its masked CRC-32C)
/// of `Event` messages (tensorflow/core/util/event.proto).
public final class EventFile {
  public let path: String
  private let handle: FileHandle

  /// Creates a file in a folder, which is made if it doesn't exist.
  ///
  /// - Parameters:
  ///   - step: The number of updates that the run has made; 0 for a new run.
  ///   - now: The time in seconds since 1970.
  /// - Throws: `FileError` if the folder can't be made, `InterchangeError` if the file can't.
  public init(folder: String, resumingAt step: Int, now: Double = Date().timeIntervalSince1970) throws {
    try FilePath.makeFolder(folder)
    // Readers take the files in the order of their names, so a newer file needs a later name, even within the same second.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let newest = names.compactMap(Self.time).max() ?? 0
    let time = max(Int(now), newest + 1)
    path = FilePath.join(folder, "\(Self.prefix)\(String(format: "%010d", time)).\(ProcessInfo.processInfo.hostName)")
    guard FileManager.default.createFile(atPath: path, contents: nil), let handle = FileHandle(forWritingAtPath: path) else {
      throw InterchangeError(.system, "cannot make \(path): \(FileError.text(errno))")
    }
    self.handle = handle
    var version = Self.event(now, step: 0)
    version.add(3, "brain.Event:2")
    try write(version)
    if step > 0 {
      // SessionLog.START at a step: events of this and later steps in older files belong to updates that are made again.
      var start = Self.event(now, step: step + 1)
      var log = ProtobufMessage()
      log.add(1, 1)
      start.add(7, log)
      try write(start)
    }
  }

  deinit { try? handle.close() }

  /// Appends the values of a step; values that are no finite numbers are left out.
  public func append(step: Int, _ scalars: [(tag: String, value: Double)], now: Double = Date().timeIntervalSince1970) throws {
    var summary = ProtobufMessage()
    for scalar in scalars where scalar.value.isFinite {
      var value = ProtobufMessage()
      value.add(1, scalar.tag)
      value.add(2, Float(scalar.value))
      summary.add(1, value)
    }
    var event = Self.event(now, step: step)
    event.add(5, summary)
    try write(event)
  }

  private static let prefix = "events.out.tfevents."

  /// The time in a file's name, in seconds since 1970; nil for any other name.
  private static func time(_ name: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    return Int(name.dropFirst(prefix.count).prefix { $0 != "." })
  }

  private static func event(_ time: Double, step: Int) -> ProtobufMessage {
    var event = ProtobufMessage()
    event.add(1, time)
    if step > 0 { event.add(2, step) }
    return event
  }

  private func write(_ event: ProtobufMessage) throws {
    let data = event.bytes
    let length = ProtobufMessage.littleEndian(UInt64(data.count))
    let record =
      length + ProtobufMessage.littleEndian(CRC32C.masked(length)) + data + ProtobufMessage.littleEndian(CRC32C.masked(data))
    let start = try? handle.offset()
    do {
      try handle.write(contentsOf: Data(record))
    } catch {
      // Removes the incomplete record.
      if let start { try? handle.truncate(atOffset: start) }
      throw InterchangeError(
        .system, "cannot write to \(path): \(error.localizedDescription); free space, or train without --tensorboard")
    }
  }
}
