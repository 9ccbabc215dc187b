import Foundation

/// The error of another rank, with its sentence and exit code, for the ranks that have none themselves.
public struct OtherRankError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  public let rank: Int
  public let description: String
  public let exitCode: Int32
}

extension Communicator {
  /// The error of the lowest rank that has one: itself on that rank, and an `OtherRankError` on the others; nil on all ranks if no
  /// rank has an error. So all ranks do together what follows from an error, such as a last checkpoint.
  ///
  /// - Note: collective
  public func firstFailure(_ own: (any Error)?) throws -> (any Error)? {
    guard try allReduceSum(own == nil ? 0 : 1) > 0 else { return nil }
    let text = own.map { "\(ExitCode.of($0)) \(sentence(for: $0))" } ?? ""
    let all = try allGather(text)
    guard let first = all.firstIndex(where: { !$0.isEmpty }) else { return own }
    if first == rank { return own }
    let parts = all[first].split(separator: " ", maxSplits: 1)
    return OtherRankError(
      rank: first, description: parts.count > 1 ? String(parts[1]) : "",
      exitCode: parts.first.flatMap { Int32($0) } ?? ExitCode.failure)
  }

  /// Throws `firstFailure`, if there is one.
  ///
  /// - Note: collective
  public func throwTogether(_ own: (any Error)?) throws { if let failure = try firstFailure(own) { throw failure } }
}
