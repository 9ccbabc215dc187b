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
    var entries: [HostEntry] = []
    for (index, line) in text.lines.enumerated() {
      let content = String(line.prefix { $0 != "#" })
      if content.allSatisfy(\.isWhitespace) { continue }
      guard let entry = HostEntry(line: content) else {
        throw .wrongUse("the host file \(path), line \(index + 1): expected 'name' or 'name slots=4', found '\(line)'")
      }
      entries.append(entry)
    }
    guard !entries.isEmpty else { throw .wrongUse("the host file \(path) names no host") }
    return .file(path: path, entries)
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

  /// Reads a line of a file, as mpirun understands it: a name, its slots, and their limit, which counts for mpirun alone; nil otherwise.
  /// A number alone is the slots too.
  ///
  /// Source: Open MPI's `orte-hosts(7)` and its hostfile lexer (`slots`, `cpu`, `count` are the same).
  init?(line: String) {
    let number = #/[1-9][0-9]{0,5}/#
    guard
      let match = line.wholeMatch(
        of: /\s*((?:[A-Za-z0-9_.-]+@)?[A-Za-z0-9_.:-]+)((?:\s+[a-z_-]+\s*=\s*[0-9A-Za-z]+)*|\s+[1-9][0-9]{0,5})\s*/)
    else { return nil }
    var slots = String(match.2).words.first?.naturalNumber
    for field in match.2.matches(of: /([a-z_-]+)\s*=\s*([0-9A-Za-z]+)/) {
      switch field.1 {
      case "slots", "cpu", "count":
        guard let found = field.2.wholeMatch(of: number).flatMap({ Int($0.0) }) else { return nil }
        slots = found
      case "max_slots", "max-slots", "slots_max", "slots-max": guard field.2.wholeMatch(of: number) != nil else { return nil }
      case "username", "user_name": break
      default: return nil
      }
    }
    self.init(name: String(match.1), slots: slots)
  }

  /// `a` or `a:4`, as mpirun takes it.
  package var text: String { slots.map { "\(name):\($0)" } ?? name }
}
