import Glibc

/// What a signal means, by what runs when it comes.
package struct StopAnswers: Sendable {
  /// What runs.
  package enum Phase: Sendable { case nothing, build, ranks }

  package enum Answer: Equatable, Sendable {
    /// Nothing runs: nothing more is started.
    case startNothing
    case endBuild
    /// The ranks save their work and end; the user is told so if the signal was one that usually ends a program.
    case save(isTold: Bool)
    /// The ranks end at once.
    case endRanks
  }

  /// Signals within this time of the first are the same request: `timeout`, terminals and batch systems send several at once.
  package static let oneRequest = Duration.seconds(1)

  private var first: ContinuousClock.Instant?

  /// True since the first signal.
  package var isStopping: Bool { first != nil }

  package init() {}

  package mutating func answer(_ signal: Int32, during phase: Phase, at now: ContinuousClock.Instant = .now) -> Answer {
    let isSecond = first.map { now - $0 >= Self.oneRequest } ?? false
    first = first ?? now
    return switch phase {
    case .nothing: .startNothing
    case .build: .endBuild
    case .ranks: isSecond && signal != SIGUSR1 ? .endRanks : .save(isTold: signal != SIGUSR1)
    }
  }
}

/// When ranks are asked again to save their work: mpirun passes nothing on before they are there, and tells nobody. The pauses grow.
package struct Reminders: Sendable {
  private var pause = 1

  package init() {}

  /// The seconds until the next one.
  package mutating func next() -> Int {
    defer { pause = min(2 * pause, 8) }
    return pause
  }
}

/// Which signals a process ignores, handles or blocks by now, as the kernel tells.
package struct SignalDispositions: Sendable {
  private let ignored: UInt64
  private let survived: UInt64

  /// - Parameter status: the text of `/proc/PID/status`.
  package init(status: String) {
    func mask(_ name: String) -> UInt64 {
      let line = status.lines.first { $0.hasPrefix(name) }
      return line?.words.last.flatMap { UInt64($0, radix: 16) } ?? 0
    }
    ignored = mask("SigIgn:")
    // srun handles none: it blocks them, and waits for them.
    survived = ignored | mask("SigCgt:") | mask("SigBlk:")
  }

  package func isIgnored(_ signal: Int32) -> Bool { ignored & 1 << UInt64(signal - 1) != 0 }

  /// True if the signal would not end the process.
  package func isSurvived(_ signal: Int32) -> Bool { survived & 1 << UInt64(signal - 1) != 0 }
}
