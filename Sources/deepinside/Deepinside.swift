import ArgumentParser
import BuildInfo
import Cluster
import ConvNet
import Files
import Foundation
import Sizes

/// The program, with one subcommand per job. Each command file of this folder parses the options of a subcommand and calls a
/// module.
@main
struct Deepinside: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deepinside",
    abstract: "Train the ConvNet of 'Deep Inside Convolutional Networks' on a CPU cluster, and see what it has learnt.",
    discussion: helpText(
      """
      A first look, all on data that it makes itself:
        deepinside synthesize --output data
        deepinside train --data data --network cnn-f-64 --run run --epochs 20
        deepinside class-models --checkpoint run/checkpoints/best.h5 --output pictures

      On several ranks: ./launch.sh --ranks 4 train …, or mpirun -np 4 deepinside train …

      Exit codes: 0 all of the work is whole, 1 failure, 2 wrong use, 3 bad input data, 4 stopped on request, work saved.
      """),
    version: version,
    subcommands: [
      SynthesizeCommand.self, PrepareCommand.self, TrainCommand.self, EvaluateCommand.self, ReportCommand.self,
      ClassModelsCommand.self, NearestCommand.self, SaliencyCommand.self, LocaliseCommand.self, ScoreCommand.self,
      ReconstructCommand.self,
      AssessCommand.self, GalleryCommand.self, InspectCommand.self, ExportCommand.self, ImportCommand.self,
      BenchmarkCommand.self, SimulateCommand.self, DoctorCommand.self,
    ])

  static let version = String(cString: build_version())

  /// Wrong use exits with 2 instead of the parser's 64. Under mpirun only rank 0 prints the message.
  static func main() {
    fillStandardDescriptors()
    chooseSettings()
    ProcessLimits.raise()
    do {
      var command = try parseAsRoot(CommandArguments.texts())
      StopRequest.answer(by: (command as? any StoppableCommand)?.stopAnswer ?? .signal)
      if command is any StoppableCommand { ProcessLimits.ignoreBrokenPipes() }
      try command.run()
      if let problem = outputProblem() {
        try? FileHandle.standardError.write(contentsOf: Data("deepinside: cannot write the output: \(problem)\n".utf8))
        Foundation.exit(Cluster.ExitCode.failure)
      }
      if speaksForAll { DoneSign.give() }
    } catch {
      let code = exitCode(for: error)
      let isUsage = code == .validationFailure
      let text = fullMessage(for: error)
      if !text.isEmpty, speaksForAll {
        let descriptor = code.isSuccess ? FileHandle.standardOutput : FileHandle.standardError
        try? descriptor.write(contentsOf: Data((text + "\n").utf8))
      }
      if code.isSuccess, speaksForAll { DoneSign.give() }
      Foundation.exit(isUsage ? Cluster.ExitCode.wrongUse : code.rawValue)
    }
  }

  /// Opens /dev/null in the place of a standard descriptor that is closed: the next file or socket would get its number, and what is printed.
  private static func fillStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
  }

  /// Why some of what was printed has not been written; nil if all of it has, or if its reader has gone.
  private static func outputProblem() -> String? {
    guard fflush(nil) != 0 else { return nil }
    let code = errno
    var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    let isBroken = poll(&output, 1, 0) == 1 && output.revents & Int16(POLLERR) != 0
    return isBroken ? nil : String(cString: strerror(code))
  }

  /// True if this process is alone or rank 0, according to the launcher's variables, which are known before MPI is initialised.
  static var speaksForAll: Bool {
    let environment = ProcessInfo.processInfo.environment
    return (environment["OMPI_COMM_WORLD_RANK"] ?? environment["PMIX_RANK"] ?? environment["PMI_RANK"] ?? "0") == "0"
  }

  /// Executes the program again in the same process, with the environment variables that libraries read when they are loaded:
  /// OpenBLAS's kernels, and how libgomp's threads wait. If that fails, the program goes on as it is.
  private static func chooseSettings() {
    let settings = [
      OpenBLASKernels.variable: OpenBLASKernels.better, ThreadTeam.waitingVariable: ThreadTeam.betterWaiting,
    ].compactMapValues { $0 }
    guard !settings.isEmpty, settings.allSatisfy({ setenv($0.key, $0.value, 1) == 0 }) else { return }
    // By its path, which the process is named after in `ps` and for `pkill`.
    execv(FilePath.resolved("/proc/self/exe"), CommandLine.unsafeArgv)
  }
}

/// Runs `body` on all ranks of the job and exits with its exit code.
func runOnRanks(_ options: RankOptions? = nil, _ body: (Communicator) throws -> Void) throws {
  let code = MPIRuntime.run(stalls: options?.stalls ?? StallLimits()) { communicator in
    StoragePatience.settings.log = { communicator.say($0) }
    StoragePatience.settings.isStopRequested = { StopRequest.isRequested }
    do {
      try body(communicator)
    } catch let error as MemoryError {
      throw AdvisedError(error)
    }
  }
  if code != 0 { Foundation.exit(code) }
}

/// Runs `body` on rank 0 alone, for commands that don't share their work, and exits with its exit code.
func runOnFirstRank(_ body: () throws -> Void) throws { try runOnRanks { if $0.rank == 0 { try body() } } }
