import Cluster
import Foundation

/// `stall RANK …`: 3 s of steps, all ranks together; RANK hangs in the fifth, −1 for none. main.swift reads the limits behind it.
/// With a fourth argument `kill` rank 1 dies there; any other is a file until which steps are made, however long that is.
let stallChecks = [RankCheck("stall", checkStall)]

private func checkStall(_ communicator: Communicator, _ arguments: [String]) throws {
  let late = Int(arguments[0])!
  print("rank \(communicator.rank) pid \(getpid())")
  fflush(nil)
  let start = ContinuousClock.now
  let more = arguments.count > 3 ? arguments[3] : nil
  let file = more == "kill" ? nil : more
  func isOver() -> Bool {
    if let file { return FileManager.default.fileExists(atPath: file) }
    return ContinuousClock.now - start >= .seconds(3)
  }
  var step = 0
  repeat {
    step += 1
    Activity.enter(.computing, step: step)
    if step == 5, communicator.rank == late { sleep(60) }
    if more == "kill", step == 5, communicator.rank == 1 { kill(getpid(), SIGKILL) }
    usleep(20_000)
    Activity.enter(.exchanging, step: step)
  } while try communicator.allReduceMax(isOver() ? 1.0 : 0) < 1
}
