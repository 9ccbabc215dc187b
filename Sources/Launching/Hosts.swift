/// The hosts that a user has named.
package enum Hosts: Equatable, Sendable {
  /// Those of a Slurm allocation, or this one.
  case none
  /// By `--hosts`.
  case listed([HostEntry])
  /// By `--hostfile`, or by PBS.
  case file(path: String, [HostEntry])

  package var entries: [HostEntry] {
    switch self {
    case .none: []
    case .listed(let entries), .file(_, let entries): entries
    }
  }

  /// The names in the order given, each once.
  package var names: [String] { merged.map(\.name) }

  /// The ranks for which each host has slots, in the order of `names`.
  package var slots: [Int] { merged.map(\.slots) }

  /// A host that is named several times has the slots of all entries.
  private var merged: [(name: String, slots: Int)] {
    var merged: [(name: String, slots: Int)] = []
    for entry in entries {
      if let known = merged.firstIndex(where: { $0.name == entry.name }) {
        merged[known].slots += entry.slots ?? 1
      } else {
        merged.append((entry.name, entry.slots ?? 1))
      }
    }
    return merged
  }

  /// Reads `a:4, b:4`.
  static func list(_ text: String) throws(LaunchError) -> Hosts {
    let parts = text.split { $0.isWhitespace || $0 == "," }.map(String.init)
    guard !parts.isEmpty else { throw .wrongUse("--hosts '\(text)' names no host") }
    var entries: [HostEntry] = []
    for part in parts {
      guard let entry = HostEntry(part) else {
        throw .wrongUse("--hosts takes names with the ranks on each, a:4,b:4; '\(part)' is none")
      }
      entries.append(entry)
    }
    return .listed(entries)
  }

  /// Reads a file of hosts: a line `a slots=4` per host, as mpirun takes it, or a line `a` per rank, as PBS writes it.
  static func file(_ path: String, text: String) throws(LaunchError) -> Hosts {
    guard !text.unicodeScalars.contains("\r") else {
      throw .wrongUse("the host file \(path) has Windows line ends, which mpirun doesn't read: sed -i 's/\\r$//' \(path)")
    }
    return .file(path: path, text.lines.compactMap(HostEntry.init(line:)))
  }
}

/// A host as a user has named it, once.
package struct HostEntry: Equatable, Sendable {
  package let name: String
  /// The ranks that it has room for; nil if that isn't said, which means one.
  package let slots: Int?

  package init(name: String, slots: Int? = nil) {
    self.name = name
    self.slots = slots
  }

  /// Reads `a` or `a:4`.
  init?(_ text: String) {
    guard let match = text.wholeMatch(of: /([A-Za-z0-9_.-]+)(?::([1-9][0-9]{0,5}))?/) else { return nil }
    self.init(name: String(match.1), slots: match.2.flatMap { Int($0) })
  }

  /// Reads a line of a file; nil if it names no host.
  init?(line: String) {
    let line = line.prefix { $0 != "#" }
    guard let name = line.split(whereSeparator: \.isWhitespace).first else { return nil }
    if let match = line.firstMatch(of: /\sslots *= *([0-9]+)/) {
      self.init(name: String(name), slots: Int(match.1))
    } else {
      self.init(name: String(name), slots: String(line).words.dropFirst().first?.naturalNumber)
    }
  }

  /// `a` or `a:4`, as mpirun takes it.
  package var text: String { slots.map { "\(name):\($0)" } ?? name }
}
