import Foundation

/// The path of an executable that the package builds: it lies in the same folder as the tests' own.
public func builtTool(_ name: String) throws -> String {
  var folders: [URL] = []
  for start in ["/proc/self/exe", CommandLine.arguments[0], Bundle.main.bundlePath] {
    var folder = URL(fileURLWithPath: start).resolvingSymlinksInPath()
    for _ in 0..<5 {
      folder.deleteLastPathComponent()
      let path = folder.appending(path: name).path
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
        FileManager.default.isExecutableFile(atPath: path)
      {
        return path
      }
      folders.append(folder)
    }
  }
  throw ProcessError(description: "no executable \(name) in \(folders.map(\.path)): does the test target depend on it?")
}

/// Runs an executable of the package by itself, as one rank.
public func runTool(
  _ name: String, _ arguments: [String] = [], environment: [String: String] = [:], timeout: Double = 120
) throws -> ProcessResult {
  try RunningProcess([try builtTool(name)] + arguments, environment: environment).wait(timeout: timeout)
}

/// Starts an executable of the package under mpirun.
///
/// The tests' process itself never joins MPI: it may do so once only, and its children couldn't any more.
public func startUnderMPI(
  ranks: Int, tool: String, arguments: [String] = [], environment: [String: String] = [:]
) throws -> RunningProcess {
  // Ranks may outnumber cores: they must not be pinned to one, nor spin while they wait for each other.
  // All are on one host: Open MPI 5 warns in each rank where that has no network.
  let options = "--oversubscribe --bind-to none --mca mpi_yield_when_idle 1 --mca pml ob1 --mca btl ^tcp"
  var variables = environment
  if geteuid() == 0 {
    variables["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    variables["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
  }
  return try RunningProcess(
    ["mpirun", "-np", "\(ranks)"] + options.split(separator: " ").map(String.init) + [try builtTool(tool)] + arguments,
    environment: variables)
}

/// Runs an executable of the package under mpirun and waits for its end.
public func runUnderMPI(
  ranks: Int, tool: String, arguments: [String] = [], environment: [String: String] = [:], timeout: Double = 120
) throws -> ProcessResult {
  try startUnderMPI(ranks: ranks, tool: tool, arguments: arguments, environment: environment).wait(timeout: timeout)
}

/// The processes that run deepinside with that argument, the one of rank 0 first.
public func rankProcesses(withArgument argument: String) -> [pid_t] {
  func words(_ pid: pid_t, _ file: String) -> [String] {
    (FileManager.default.contents(atPath: "/proc/\(pid)/\(file)") ?? Data()).split(separator: 0).map {
      String(decoding: $0, as: UTF8.self)
    }
  }
  func rank(_ pid: pid_t) -> Int {
    words(pid, "environ").lazy.compactMap {
      $0.split(separator: "=").first == "OMPI_COMM_WORLD_RANK" ? Int($0.split(separator: "=")[1]) : nil
    }
    .first ?? 0
  }
  let all = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap(pid_t.init)
  return all.filter { pid in
    let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")
    return executable?.hasSuffix("/deepinside") == true && words(pid, "cmdline").contains(argument)
  }.sorted { rank($0) < rank($1) }
}
