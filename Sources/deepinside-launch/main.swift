import Glibc
import Launching

// Starts deepinside on ranks, for launch.sh: placement, hosts, command lines, requests to stop, restarts. It links no library of C but
// the C library itself: the nodes where people log in often have no other.

let usage = """
  deepinside-launch run PROGRAM CHECKOUT [OPTIONS] COMMAND ...   starts a command of deepinside; options as of launch.sh, in CHECKOUT
  deepinside-launch batch slurm|pbs COMMAND [ARGUMENT ...]       prints a job script, for the folder jobs/ of the checkout
  deepinside-launch cores                                        prints how many cores this process may use
  deepinside-launch sweep                                        removes what ended runs of Open MPI have left on this host

  """

func run(_ arguments: [String]) throws(LaunchError) -> Int32 {
  let rest = Array(arguments.dropFirst())
  switch arguments.first {
  case "run" where rest.count >= 2:
    // First of all: launch.sh has blocked the signals, which wait for this program.
    let signals = Signals()
    let host = Host(variables: .ofThisProcess())
    let options = try LaunchOptions(Array(rest.dropFirst(2)), variables: host.variables)
    var supervisor = Supervisor(signals: signals, host: host, options: options, program: rest[0], checkout: rest[1])
    return try supervisor.run()
  case "batch":
    write(try BatchScript(rest).text, to: 1)
  case "cores":
    write("\(Host(variables: .ofThisProcess()).cores)\n", to: 1)
  case "sweep":
    Sweep(variables: .ofThisProcess()).run()
  case "--help":
    write(usage, to: 1)
  default:
    write(usage, to: 2)
    return 2
  }
  return 0
}

do {
  let pointers = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc)).dropFirst()
  let code = try run(pointers.compactMap { $0.map { String(bytes: UnsafeRawBufferPointer(start: $0, count: strlen($0))) } })
  exit(code)
} catch {
  say(error.message)
  exit(error.code)
}
