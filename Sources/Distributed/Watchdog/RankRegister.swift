/// What is known of the other ranks' last signs of life, and what follows from it.
///
/// Time is in seconds of any clock. Nothing here sends a message: the watchdog's thread does.
struct RankRegister {
  enum Verdict: Equatable {
    /// A sentence to print.
    case warning(String)
    /// The sentence with which to end the job.
    case end(String)
  }

  private struct Entry {
    let name: String
    var state = Activity.State()
    var file: FileNote?
    var heard: Double
    /// When its state last changed.
    var moved: Double
    var isWarnedOf = false
  }

  private let limits: StallLimits
  private let hearsAll: Bool
  private var entries: [Int: Entry]

  /// - Parameters:
  ///   - names: of the ranks to watch, `3/8 on node2`.
  ///   - hearsAll: whether these are all ranks of the job. A rank that hears only of some can't tell whom they wait for, and judges nothing
  ///   but silence.
  init(_ names: [Int: String], hearsAll: Bool, limits: StallLimits, now: Double) {
    self.limits = limits
    self.hearsAll = hearsAll
    entries = names.mapValues { Entry(name: $0, heard: now, moved: now) }
  }

  /// Takes in a sign of life. - Returns: what to say if the rank was late.
  mutating func hear(_ rank: Int, _ state: Activity.State, file: FileNote? = nil, now: Double) -> Verdict? {
    guard var entry = entries[rank] else { return nil }
    defer { entries[rank] = entry }
    entry.heard = now
    entry.file = file
    guard state != entry.state else { return nil }
    let late = now - entry.moved
    (entry.state, entry.moved) = (state, now)
    guard entry.isWarnedOf else { return nil }
    entry.isWarnedOf = false
    return .warning("rank \(entry.name) goes on after \(Self.text(late))")
  }

  /// Counts all times from now on: this process itself has been stopped for a while.
  mutating func forgive(now: Double) {
    for rank in entries.keys { (entries[rank]!.heard, entries[rank]!.moved) = (now, now) }
  }

  /// What to say or do about ranks that are late.
  ///
  /// A rank that waits for others is not to blame for it, unless all do, and all are heard of.
  mutating func judge(now: Double) -> [Verdict] {
    var verdicts: [Verdict] = []
    let everyoneWaits = entries.values.allSatisfy {
      $0.state.phase.isWaitingForRanks && now - $0.heard < 4 * limits.interval
    }
    for rank in entries.keys.sorted() {
      let entry = entries[rank]!
      guard let (late, fact, hint) = lateness(of: entry, everyoneWaits: everyoneWaits, now: now) else { continue }
      if late > limits.limit {
        return [.end("\(fact); ended after --stall-limit \(Self.text(limits.limit))")]
      } else if late > limits.warning, !entry.isWarnedOf {
        entries[rank]!.isWarnedOf = true
        verdicts.append(.warning(fact + hint))
      }
    }
    return verdicts
  }

  /// The seconds for which a rank has been silent, or idle by its own fault; nil if it is neither.
  private func lateness(of entry: Entry, everyoneWaits: Bool, now: Double) -> (seconds: Double, fact: String, hint: String)? {
    let (silent, idle) = (now - entry.heard, now - entry.moved)
    if silent > min(limits.warning, limits.limit) {
      return (
        silent, "rank \(entry.name) has given no sign of life for \(Self.text(silent)) (last at \(entry.state.description))",
        ": is it stopped, or its host or network gone?"
      )
    }
    guard hearsAll else { return nil }
    // A rank that computes is late by itself, whatever a thread beside it writes.
    if let file = entry.file, entry.state.phase != .computing, !entry.state.phase.isWaitingForRanks || everyoneWaits,
      min(idle, file.seconds) > min(limits.warning, limits.limit)
    {
      let phase = entry.state.phase == .unknown ? "" : " (at \(entry.state.description))"
      return (
        min(idle, file.seconds),
        "rank \(entry.name) is late: it has been \(file.action.description) \(file.path) for \(Self.text(file.seconds))\(phase)",
        ": is the disk or file server slow, full or gone?"
      )
    }
    // One that waits for a file is to blame, and not those that wait with it.
    if everyoneWaits, !entries.values.contains(where: { ($0.file?.seconds ?? 0) > limits.warning / 2 }) {
      return (
        idle, "rank \(entry.name) has waited for the others for \(Self.text(idle)), as all do (step \(entry.state.step))",
        ": is the network between the hosts in order?"
      )
    }
    guard entry.state.phase != .unknown, !entry.state.phase.isWaitingForRanks else { return nil }
    let hint = entry.state.phase == .saving ? ": is the disk slow or full?" : ""
    return (idle, "rank \(entry.name) is late: no progress for \(Self.text(idle)) (at \(entry.state.description))", hint)
  }

  /// `90 s`, `12 min`.
  private static func text(_ seconds: Double) -> String {
    seconds < 1
      ? "\((seconds * 10).rounded() / 10) s" : seconds < 120 ? "\(Int(seconds.rounded())) s" : "\(Int(seconds / 60)) min"
  }
}
