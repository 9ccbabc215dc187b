import Cluster
import Foundation

// rank-checks NAME [ARGUMENT ...]: runs a named check on every rank; the tests start it under mpirun.
let arguments = Array(CommandLine.arguments.dropFirst())
guard let check = allRankChecks().first(where: { $0.name == arguments.first }) else {
  print("usage: rank-checks NAME [ARGUMENT ...], with a NAME of:", allRankChecks().map(\.name).joined(separator: " "))
  exit(ExitCode.wrongUse)
}
// `stall RANK WARNING LIMIT`, in seconds.
let stalls =
  check.name == "stall" ? StallLimits(warning: Double(arguments[2])!, limit: Double(arguments[3])!) : StallLimits()
exit(MPIRuntime.run(stalls: stalls) { communicator in try check.run(communicator, Array(arguments.dropFirst())) })
