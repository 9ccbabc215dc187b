import CMPI
import Files
import Foundation
import Synchronization
import Threads

/// A thread of every rank that notices when a rank hangs, where MPI alone would wait for ever.
///
/// All ranks tell rank 0 every few seconds what they are doing (`Activity`), and rank 0 tells them. Rank 0 names a rank that is silent
/// or makes no progress, and ends the job when that lasts too long; the other ranks end it when rank 0 is silent.
/// Messages go on a communicator of the watchdog's own.
final class Watchdog: @unchecked Sendable {
  // Unchecked: what changes belongs to its thread alone, from the start of that to its end.
  private static let tag: Int32 = 501

  private let communicator: Communicator
  private let limits: StallLimits
  private var register: RankRegister
  private let peers: [Int]
  private static let messageCount = 3 + FileNote.count
  /// One message per peer, which may be under way: progress, step, phase, and the file that this rank is busy with.
  private let messages: UnsafeMutablePointer<Int>
  private let received: UnsafeMutablePointer<Int>
  private var requests: [MPI_Request?]
  private let isStopped = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  /// Starts the thread.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  init(_ communicator: Communicator, limits: StallLimits) throws(MPIError) {
    let hosts = try communicator.allGather(communicator.hostName)
    self.communicator = try communicator.duplicate()
    self.limits = limits
    peers = communicator.rank == 0 ? Array(1..<communicator.size) : [0]
    let names = peers.map { ($0, "\($0)/\(communicator.size) on \(hosts[$0])") }
    // Rank 0 watches itself too: its own state says when it is the one that is late.
    let own = communicator.rank == 0 ? [(0, "0/\(communicator.size) on \(hosts[0])")] : []
    register = RankRegister(
      Dictionary(uniqueKeysWithValues: names + own), hearsAll: communicator.rank == 0, limits: limits, now: Self.now)
    messages = .allocate(capacity: Self.messageCount * max(1, peers.count))
    messages.initialize(repeating: 0, count: Self.messageCount * max(1, peers.count))
    received = .allocate(capacity: Self.messageCount)
    received.initialize(repeating: 0, count: Self.messageCount)
    requests = peers.map { _ in cmpi_request_null() }
    if communicator.rank == 0 { SignalThread.shared.setLastWords { LastWords.speak(communicator) } }
    startThread("watchdog") { [self] in
      do {
        try watch()
      } catch {
        communicator.abort(afterOthers: true, sentence(for: error), exitCode: ExitCode.failure)
      }
      ended.signal()
    }
  }

  deinit {
    // The memory of a message that hasn't gone out yet stays until the process ends.
    if requests.allSatisfy({ $0 == cmpi_request_null() }) { messages.deallocate() }
    received.deallocate()
  }

  /// Waits for all ranks, then ends the thread.
  ///
  /// - Note: collective
  func finish() throws(MPIError) {
    Activity.enter(.unknown)
    try communicator.sleepingBarrier()
    end()
  }

  /// Ends the thread. To be called before MPI ends, since the thread calls it.
  func end() {
    isStopped.store(true, ordering: .relaxed)
    ended.wait()
    var isSent: Int32 = 0
    for index in requests.indices { _ = MPI_Test(&requests[index], &isSent, cmpi_status_ignore()) }
  }

  private static var now: Double { SuspendingClock.now.secondsSinceStart }

  private func watch() throws(MPIError) {
    var last = Self.now
    while !isStopped.load(ordering: .relaxed) {
      try send()
      try receive()
      let now = Self.now
      // This process was stopped for a while, or got no processor: not all messages of the meantime have arrived.
      if now - last > 4 * limits.interval { register.forgive(now: now) }
      last = now
      for verdict in register.judge(now: now) { act(on: verdict) }
      sleep()
    }
  }

  /// Sleeps until the next round, or until the thread is to end.
  private func sleep() {
    let end = Self.now + limits.interval
    while Self.now < end, !isStopped.load(ordering: .relaxed) {
      communicator.answerThoseWhoEnd()
      Thread.sleep(forTimeInterval: min(limits.interval, 0.05))
    }
  }

  private func act(on verdict: RankRegister.Verdict) {
    switch verdict {
    case .warning(let text):
      // Of the ranks that only watch rank 0 one prints the warning.
      if communicator.rank < 2 { writeToStandardError("deepinside: \(text)\n") }
    case .end(let text):
      // The message says where the late rank is, not where this one waits.
      Activity.enter(.unknown)
      communicator.abort(afterOthers: communicator.rank > 1, text, exitCode: ExitCode.failure)
    }
  }

  /// Tells the peers what this rank is doing; leaves out a peer whose last message is still under way.
  private func send() throws(MPIError) {
    let (state, file) = (Activity.current, FileNote.current)
    for (index, peer) in peers.enumerated() {
      var isSent: Int32 = 0
      try check(MPI_Test(&requests[index], &isSent, cmpi_status_ignore()), "MPI_Test", "watching rank \(peer)")
      if isSent == 0 { continue }
      let message = messages + Self.messageCount * index
      (message[0], message[1], message[2]) = (state.progress, state.step, state.phase.rawValue)
      FileNote.write(file, to: message + 3)
      try check(
        MPI_Isend(message, Int32(Self.messageCount), Int.datatype, Int32(peer), Self.tag, communicator.handle, &requests[index]),
        "MPI_Isend", "telling rank \(peer) that rank \(communicator.rank) lives")
    }
    if communicator.rank == 0, let verdict = register.hear(0, state, file: file, now: Self.now) { act(on: verdict) }
  }

  private func receive() throws(MPIError) {
    // Open MPI's probe takes messages in after it has looked: only a second probe sees what has come since.
    var misses = 0
    while misses < 2 {
      var found: Int32 = 0
      var status = MPI_Status()
      try check(
        MPI_Iprobe(Int32(MPI_ANY_SOURCE), Self.tag, communicator.handle, &found, &status), "MPI_Iprobe", "watching the ranks")
      guard found != 0 else {
        misses += 1
        continue
      }
      try check(
        MPI_Recv(
          received, Int32(Self.messageCount), Int.datatype, status.MPI_SOURCE, Self.tag, communicator.handle, cmpi_status_ignore()
        ),
        "MPI_Recv", "watching rank \(status.MPI_SOURCE)")
      let state = Activity.State(
        phase: Activity.Phase(rawValue: received[2]) ?? .unknown, step: received[1], progress: received[0])
      let file = FileNote(received + 3)
      if let verdict = register.hear(Int(status.MPI_SOURCE), state, file: file, now: Self.now) { act(on: verdict) }
    }
  }
}

extension SuspendingClock.Instant {
  fileprivate var secondsSinceStart: Double { (self - Self.origin) / .seconds(1) }
  private static let origin = SuspendingClock.now
}
