import Cluster
import Foundation

/// Ways for a job to end badly.
let endingChecks = [
  RankCheck("fail", failOnRank), RankCheck("fail-everywhere", failEverywhere), RankCheck("abort", abortFromThread),
  RankCheck("kill", killRank), RankCheck("bad-call", callWrongly), RankCheck("stop", stopOnRequest),
  RankCheck("fail-in-flight", failInFlight),
]

private struct CodedError: ExitCoded, CustomStringConvertible {
  let description: String
  let exitCode: Int32
}

/// `fail RANK CODE MESSAGE`: one rank throws while the others wait for it.
private func failOnRank(_ communicator: Communicator, _ arguments: [String]) throws {
  if communicator.rank == Int(arguments[0]) {
    throw CodedError(description: arguments[2], exitCode: Int32(arguments[1])!)
  }
  try communicator.barrier()
}

/// `fail-everywhere CODE MESSAGE`: all ranks throw the same, not quite at the same time.
private func failEverywhere(_ communicator: Communicator, _ arguments: [String]) throws {
  usleep(UInt32(communicator.rank * 37 % 5) * 10_000)
  throw CodedError(description: arguments[1], exitCode: Int32(arguments[0])!)
}

/// `abort RANK CODE MESSAGE`: a thread of a rank ends the job while all main threads wait.
private func abortFromThread(_ communicator: Communicator, _ arguments: [String]) throws {
  if communicator.rank == Int(arguments[0]) {
    Thread { communicator.abort(arguments[2], exitCode: Int32(arguments[1])!) }.start()
    sleep(60)
  }
  try communicator.barrier()
}

/// `kill RANK`: a rank dies as if the system had killed it.
private func killRank(_ communicator: Communicator, _ arguments: [String]) throws {
  if communicator.rank == Int(arguments[0]) { kill(getpid(), SIGKILL) }
  try communicator.barrier()
}

/// A call on a communicator that is no more: the library's error becomes a Swift one.
private func callWrongly(_ communicator: Communicator, _ arguments: [String]) throws {
  var values = [1, 2, 3]
  let copy = try communicator.duplicate()
  let root = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
  try copy.broadcast(root)
  try communicator.allReduceSum(&values)
  throw try failingCall(on: copy)
}

/// The error of a broadcast over a communicator whose ranks give different counts.
private func failingCall(on communicator: Communicator) throws -> any Error {
  var values = [Double](repeating: 1, count: communicator.rank == 0 ? 5 : 2)
  do {
    try values.withUnsafeMutableBufferPointer { try communicator.broadcast($0) }
    try communicator.barrier()
  } catch {
    return error
  }
  sleep(60)
  return CheckFailure(description: "no error on rank \(communicator.rank)")
}

/// `stop`: works until a signal comes; every rank ends with code 4.
private func stopOnRequest(_ communicator: Communicator, _ arguments: [String]) throws {
  StopRequest.answer(by: .job)
  try communicator.barrier()
  print("ready")
  fflush(nil)
  for step in 0..<6000 {
    if try communicator.agree(on: StopRequest.isRequested, .any) {
      throw CodedError(description: "stopped on request", exitCode: ExitCode.stoppedOnRequest)
    }
    usleep(10_000)
    if step == 5999 { throw CheckFailure(description: "no signal came") }
  }
}

/// `fail-in-flight RANK FILE SECONDS`: one rank fails, rank −1 stands for all, while a thread of rank 0 takes its time for a file.
private func failInFlight(_ communicator: Communicator, _ arguments: [String]) throws {
  let (failing, file, seconds) = (Int(arguments[0])!, arguments[1], Double(arguments[2])!)
  let group = DispatchGroup()
  let work = communicator.rank == 0 ? WorkInFlight.register("the file") { group.wait(timeout: .now() + $0) == .success } : nil
  if communicator.rank == 0 {
    group.enter()
    Thread {
      Thread.sleep(forTimeInterval: seconds)
      _ = FileManager.default.createFile(atPath: file, contents: Data("whole".utf8))
      group.leave()
    }.start()
  }
  try communicator.barrier()
  if failing == communicator.rank || failing < 0 { throw CodedError(description: "no pictures", exitCode: ExitCode.badData) }
  try withExtendedLifetime(work) { try communicator.barrier() }
}
