#if DEBUG || TESTABLE
  import Foundation

  /// What has been tried, for the line that a run ends with. The process fuzzes on one thread.
  enum FuzzRecord {
    nonisolated(unsafe) private static var reader: FuzzReader!
    nonisolated(unsafe) private static var inputs = 0
    nonisolated(unsafe) private static var refused = 0
    nonisolated(unsafe) private static var slowest = (seconds: 0.0, bytes: 0)

    static func begin(_ reader: FuzzReader) { self.reader = reader }

    /// - Parameter name: says what the reader answers to it.
    static func read(_ bytes: UnsafeRawBufferPointer, named name: String? = nil) {
      let start = ContinuousClock.now
      do {
        try reader.read(bytes)
      } catch {
        refused += 1
        let words = "\(error)"
        precondition(!words.isEmpty, "an error without words")
        if let name { print("\(name): \(words)") }
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      inputs += 1
      if seconds > slowest.seconds { slowest = (seconds, bytes.count) }
    }

    static var summary: String {
      var usage = rusage()
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return String(
        format: "%@: %d inputs, %d of them refused, slowest %.3f s (%d bytes), peak memory %d MB", reader.name, inputs, refused,
        slowest.seconds, slowest.bytes, usage.ru_maxrss / 1024)
    }
  }

  /// A folder in memory for readers that take a path.
  enum FuzzScratch {
    static let folder: String = {
      let base = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
      let path = "\(base)/reader-fuzz-\(getpid())"
      try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      return path
    }()

    static func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// Writes a file there, and gives its path.
    static func file(_ name: String, _ bytes: some Sequence<UInt8>) -> String {
      let path = "\(folder)/\(name)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      precondition(descriptor >= 0, "cannot write \(path)")
      Array(bytes).withUnsafeBytes {
        precondition(write(descriptor, $0.baseAddress, $0.count) == $0.count, "cannot write \(path)")
      }
      close(descriptor)
      return path
    }
  }

  /// Something that is made when it is first needed.
  final class OnFirstUse<Value> {
    private let make: () throws -> Value
    private var made: Value?

    init(_ make: @escaping () throws -> Value) { self.make = make }

    func get() throws -> Value {
      if let made { return made }
      let value = try make()
      made = value
      return value
    }
  }

  /// Golden data of a module's tests, from the folder of the sources; files that make good seeds.
  func goldenFiles(_ module: String, where isWanted: (String) -> Bool) throws -> [[UInt8]] {
    let folder =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/\(module)/Golden"
    return try FileManager.default.contentsOfDirectory(atPath: folder).filter(isWanted).sorted().compactMap { name in
      FileManager.default.contents(atPath: "\(folder)/\(name)").map { [UInt8]($0) }
    }
  }
#endif
