import Cluster
import Foundation

/// What rank 0 does for all.
let onFirstChecks = [
  RankCheck("on-first", checkOnFirst), RankCheck("on-first-error", checkErrorOnFirst), RankCheck("on-first-ends", endOnFirst),
  RankCheck("on-first-sleeps", checkSleepOnFirst),
]

private struct Finding: Codable, Equatable {
  var name: String
  var numbers: [Float]
  var best: Double?
}

private struct CodedError: ExitCoded, CustomStringConvertible {
  let description: String
  let exitCode: Int32
}

/// `on-first COUNT`: values that would differ on every rank, if every rank made them.
private func checkOnFirst(_ communicator: Communicator, _ arguments: [String]) throws {
  let count = Int(arguments[0])!
  func finding(_ rank: Int, _ round: Int) -> Finding {
    Finding(
      name: "found by \(rank) in \(round)", numbers: (0..<count).map { Float($0) / 3 + Float(rank) } + [.infinity],
      best: round == 1 ? nil : Double(rank) + 1 / 3)
  }
  for round in 0..<3 {
    var calls = 0
    let found = try communicator.onFirst {
      calls += 1
      return finding(communicator.rank, round)
    }
    try expectEqual(found, finding(0, round), "value in round \(round)")
    try expectEqual(calls, communicator.rank == 0 ? 1 : 0, "calls on rank \(communicator.rank)")
    // Another collective call in between, which must not be mixed up with it.
    try expectEqual(
      try communicator.allReduceSum(communicator.rank + round), communicator.size * (communicator.size - 1 + 2 * round) / 2, "sum"
    )
    let none: Int? = try communicator.onFirst { communicator.rank == 0 ? nil : 7 }
    try expectEqual(none, nil, "no value")
    var mark = -1
    try communicator.onFirst(nil) { mark = communicator.rank }
    try expectEqual(mark, communicator.rank == 0 ? 0 : -1, "mark of rank \(communicator.rank)")
  }
}

/// An error of rank 0 is one of all ranks, and the ranks can go on together after it.
private func checkErrorOnFirst(_ communicator: Communicator, _ arguments: [String]) throws {
  for text in ["", "no folder of rank \(communicator.rank): žluťoučký kůň"] {
    do {
      let value: Int = try communicator.onFirst {
        if communicator.rank == 0 { throw CodedError(description: text, exitCode: ExitCode.badData) }
        return 1
      }
      throw CheckFailure(description: "no error, but \(value)")
    } catch let error as any ExitCoded {
      try expectEqual(ExitCode.of(error), ExitCode.badData, "exit code")
      let said = text.isEmpty ? "" : "no folder of rank 0: žluťoučký kůň"
      try expectEqual("\(error)", said, "text on rank \(communicator.rank)")
    }
    try expectEqual(try communicator.allReduceMax(communicator.rank), communicator.size - 1, "maximum after an error")
  }
}

/// `on-first-ends CODE SECONDS MESSAGE`: an error of rank 0, after a while, that ends the job.
private func endOnFirst(_ communicator: Communicator, _ arguments: [String]) throws {
  try communicator.onFirst {
    Thread.sleep(forTimeInterval: Double(arguments[1])!)
    throw CodedError(description: arguments[2], exitCode: Int32(arguments[0])!)
  }
}

/// The ranks that wait leave the processor alone.
private func checkSleepOnFirst(_ communicator: Communicator, _ arguments: [String]) throws {
  try communicator.barrier()
  let start = clock()
  try communicator.onFirst { Thread.sleep(forTimeInterval: 2) }
  let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
  try expect(seconds < 0.5, "rank \(communicator.rank) took \(seconds) s of processor time while rank 0 slept for 2 s")
}
