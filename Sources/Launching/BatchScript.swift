/// A script for a batch queue, which starts a command of deepinside by jobs/batch.sh. The files of jobs/ are such scripts.
package struct BatchScript: Sendable {
  package enum System: String, Sendable { case slurm, pbs }

  let system: System
  /// The command of deepinside.
  let command: String
  /// What the script gives the command; the arguments of the job follow.
  let arguments: [String]

  package init(_ system: System, command: String, arguments: [String] = []) {
    (self.system, self.command, self.arguments) = (system, command, arguments)
  }

  /// Reads `slurm|pbs COMMAND [ARGUMENT ...]`.
  package init(_ words: [String]) throws(LaunchError) {
    guard let name = words.first, let system = System(rawValue: name), words.count > 1 else {
      throw .wrongUse("usage: deepinside-launch batch slurm|pbs COMMAND [ARGUMENT ...]")
    }
    guard words[1].wholeMatch(of: /[a-z][a-z-]*/) != nil else { throw .wrongUse("'\(words[1])' is no command of deepinside") }
    self.init(system, command: words[1], arguments: Array(words.dropFirst(2)))
  }

  package var text: String { system == .slurm ? slurm : pbs }

  // ---- what is said of each command

  /// What a job does, and what it may be given.
  private struct Kind {
    let what: String
    let example: String
    let hours: Int
    /// True if a job that is stopped has something to save: an evaluation that was stopped begins anew.
    var saves = true
  }

  private var kind: Kind {
    let missing = "a second job over the same folder does only what is missing"
    return switch command {
    case "train":
      Kind(
        what: "Trains, in as many turns as it takes: each goes on from the newest checkpoint", example: "--data DIR --run RUN",
        hours: 12)
    case "prepare":
      Kind(
        what: "Packs a picture folder, in as many turns as it takes: each goes on with the shards that are missing",
        example: "--data DIR --output PACK", hours: 4)
    case "evaluate":
      Kind(
        what: "Measures the top-1 and top-5 error of a checkpoint, and writes it down by class",
        example: "--checkpoint FILE --data DIR --crops 10 --output DIR", hours: 1, saves: false)
    case "class-models":
      Kind(what: "Draws class models; \(missing)", example: "--checkpoint FILE --output DIR", hours: 4)
    case "saliency":
      Kind(what: "Draws saliency maps; \(missing)", example: "--checkpoint FILE --images DIR --output DIR", hours: 4)
    case "localise":
      Kind(
        what: "Finds objects and their boxes; \(missing)",
        example: "--checkpoint FILE --images DIR --annotations DIR --output DIR", hours: 4)
    default:
      Kind(what: "Runs deepinside \(command); the same job goes on with what is missing", example: "ARGUMENT ...", hours: 4)
    }
  }

  private var commandWithArguments: String { ([command] + arguments.map(\.quotedWord)).joined(separator: " ") }

  // ---- the scripts

  private var slurm: String {
    let given = arguments.isEmpty ? " \(kind.example)" : ""
    let signal = kind.saves ? "#SBATCH --signal=B:USR1@120\n" : ""
    return """
      #!/usr/bin/env bash
      # \(kind.what), from the top folder:
      #   sbatch jobs/\(command).sbatch\(given)
      #SBATCH --job-name=deepinside-\(command)
      ##SBATCH --partition=NAME --account=NAME
      # Whole nodes, a rank on each. A rank a socket: --ntasks-per-node=2. Parts of nodes: --ntasks-per-node=1 --cpus-per-task=16
      # in the place of --exclusive --mem=0.
      #SBATCH --nodes=2
      #SBATCH --exclusive
      #SBATCH --mem=0
      #SBATCH --time=\(kind.hours < 10 ? "0" : "")\(kind.hours):00:00
      \(signal)#SBATCH --requeue
      #SBATCH --open-mode=append
      #SBATCH --output=deepinside-\(command)-%j.log
      set -euo pipefail

      cd "$SLURM_SUBMIT_DIR"
      # shellcheck source=jobs/batch.sh
      source jobs/batch.sh
      run_and_requeue \(commandWithArguments) "$@"

      """
  }

  /// The next job submits the same file, which must be in jobs/ under this name.
  private var pbs: String {
    let file = "jobs/\(command).pbs"
    let what =
      command == "train"
      ? "Trains under PBS Pro or OpenPBS, in as many jobs as it takes: each goes on from the newest checkpoint and submits the next one,\n"
        + "# from the top folder:"
      : "Under PBS Pro or OpenPBS, from the top folder. \(kind.what):"
    let call = arguments.isEmpty ? "qsub -v ARGUMENTS=\"\(kind.example)\" \(file)" : "qsub \(file)"
    let given =
      arguments.isEmpty ? "\(command) ${ARGUMENTS:?\"qsub -v ARGUMENTS=... \(file)\"}" : "\(commandWithArguments) ${ARGUMENTS:-}"
    // The next job is given ARGUMENTS, which must be there.
    let setting = arguments.isEmpty ? "" : "export ARGUMENTS=${ARGUMENTS:-}\n"
    return """
      #!/usr/bin/env bash
      # \(what)
      #   \(call)
      # Change the nodes and the time here, not on qsub's command line: the next job reads them here. Paths with spaces don't work.
      #PBS -N deepinside-\(command)
      ##PBS -q NAME
      #PBS -S /bin/bash
      #PBS -l select=2:ncpus=16:mpiprocs=1:ompthreads=16
      #PBS -l place=scatter:excl
      #PBS -l walltime=\(kind.hours < 10 ? "0" : "")\(kind.hours):00:00
      #PBS -r y
      #PBS -j oe
      #PBS -k oed
      set -euo pipefail

      cd "$PBS_O_WORKDIR"
      # shellcheck source=jobs/batch.sh
      source jobs/batch.sh
      \(setting)# Ten minutes before the walltime above.
      # shellcheck disable=SC2086 # several options
      run_and_resubmit $((\(kind.hours) * 3600 - 600)) \(file) \(given)

      """
  }
}
