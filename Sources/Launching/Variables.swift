/// The variables of an environment. An empty one counts as none.
package struct Variables: Sendable {
  private var values: [String: String]

  package init(_ values: [String: String] = [:]) { self.values = values }

  /// The variables that this process was started with.
  package static func ofThisProcess() -> Variables {
    var values: [String: String] = [:]
    for entry in (text(ofFile: "/proc/self/environ") ?? "").split(separator: "\0") {
      guard let end = entry.firstIndex(of: "=") else { continue }
      values[String(entry[..<end])] = String(entry[entry.index(after: end)...])
    }
    return Variables(values)
  }

  package subscript(name: String) -> String? {
    get { values[name].flatMap { $0.isEmpty ? nil : $0 } }
    set { values[name] = newValue }
  }

  /// A variable that is a number from 0 on.
  func number(_ name: String) -> Int? { self[name]?.naturalNumber }

  /// A line `NAME=VALUE` per variable, for a process that is started.
  package var entries: [String] { values.map { "\($0)=\($1)" } }
}
