import Cluster
import Foundation

/// `stall RANK …`: 3 s of steps, all ranks together; RANK hangs in the fifth, −1 for none;
/// with a fourth argument rank 1 dies there. main.swift reads the limits behind it.
let stallChecks = [RankCheck("stall", checkStall)]

private func checkStall(_ communicator: Communicator, _ arguments: [String]) throws {
  let late = Int(arguments[0])!
  print("rank \(communicator.rank) pid \(getpid())")
  fflush(nil)
  let start = ContinuousClock.now
  var step = 0
  repeat {
    step += 1
    Activity.enter(.computing, step: step)
    if step == 5, communicator.rank == late { sleep(60) }
    if arguments.count > 3, step == 5, communicator.rank == 1 { kill(getpid(), SIGKILL) }
    usleep(20_000)
    Activity.enter(.exchanging, step: step)
  } while try communicator.allReduceMax((ContinuousClock.now - start) / .seconds(1)) < 3
}
