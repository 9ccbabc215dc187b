import Cluster

/// A check that needs several ranks: a named function that throws when something isn't as it should be.
struct RankCheck: Sendable {
  let name: String
  let run: @Sendable (Communicator, [String]) throws -> Void

  init(_ name: String, _ run: @escaping @Sendable (Communicator, [String]) throws -> Void) {
    (self.name, self.run) = (name, run)
  }
}

/// All checks. A file of checks has a list of its own, and one line here.
func allRankChecks() -> [RankCheck] {
  collectiveChecks + onFirstChecks + endingChecks + workQueueChecks + gradientChecks + exchangeChecks + stallChecks
    + visualizeChecks
}

/// What a check found wrong.
struct CheckFailure: Error, CustomStringConvertible {
  let description: String
}

/// Throws unless `condition` holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  if !condition { throw CheckFailure(description: message()) }
}

/// Throws unless both are equal.
func expectEqual<Value: Equatable>(_ found: Value, _ expected: Value, _ what: @autoclosure () -> String) throws {
  if found != expected { throw CheckFailure(description: "\(what()): expected \(expected), found \(found)") }
}
