import Foundation
import TestSupport
import Testing

/// No thread that computes may ever run a signal handler: kernels of oneDNN use the stack pointer for something else.
@Suite("Signals")
struct SignalMaskTests {
  private static let answered: UInt64 = [SIGUSR1, SIGTERM, SIGINT, SIGHUP].reduce(0) { $0 | 1 << UInt64($1 - 1) }

  /// The threads of one process at one moment: the signals that each blocks, and those that the process handles.
  private struct Look {
    var blocked: [UInt64] = []
    var handled: UInt64 = 0
    /// Whether the thread that hears the signals runs: the program has been loaded, and what libraries handled has been taken away.
    var isHeard = false

    init?(_ process: Int32) {
      let folder = "/proc/\(process)/task"
      for thread in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        guard let status = try? String(contentsOfFile: "\(folder)/\(thread)/status", encoding: .utf8) else { continue }
        func value(_ name: String) -> String? {
          status.split(separator: "\n").first { $0.hasPrefix(name) }
            .map { $0.dropFirst(name.count).trimmingCharacters(in: .whitespaces) }
        }
        func mask(_ name: String) -> UInt64? { value(name).flatMap { UInt64($0, radix: 16) } }
        // Handlers are the whole process's; a thread that shows none has ended, and its mask is no mask. Source: proc(5), and task_sig()
        // in Linux' fs/proc/array.c, which leaves all of them at zero then.
        guard let own = mask("SigBlk:"), let handlers = mask("SigCgt:"), handlers != 0 else { continue }
        blocked.append(own)
        handled |= handlers
        isHeard = isHeard || value("Name:") == "signals"
      }
      if blocked.isEmpty { return nil }
    }
  }

  @Test(
    "In every thread of a job, at every moment, the answered signals are blocked, and none has a handler once they are heard",
    arguments: ["train", "saliency", "class-models"])
  func everyThreadBlocks(command: String) throws {
    let tiny = try TinyData()
    let output = tiny.folder.path("out")
    if command != "train" {
      let trained = try runTool("deepinside", tiny.training("run", steps: 1))
      try #require(trained.exitCode == 0, "\(trained)")
    }
    let arguments =
      switch command {
      case "train": tiny.training("out", steps: 40, ["--precision", "float32"])
      case "saliency": [command, "--checkpoint", tiny.newest("run"), "--images", tiny.data, "--output", output]
      default: [command, "--checkpoint", tiny.newest("run"), "--output", output, "--iterations", "20"]
      }
    let job = try startUnderMPI(ranks: 2, tool: "deepinside", arguments: arguments, environment: ["OMP_NUM_THREADS": "2"])
    var (looks, mostThreads) = (0, 0)
    while !job.hasEnded {
      for process in rankProcesses(withArgument: command) {
        // Alone and without them a process is still being loaded: its first own instruction blocks them.
        guard let look = Look(process), look.blocked.count > 1 || look.blocked[0] & Self.answered == Self.answered else {
          continue
        }
        #expect(look.blocked.allSatisfy { $0 & Self.answered == Self.answered }, "\(look)")
        #expect(!look.isHeard || look.handled & Self.answered == 0, "\(look)")
        looks += look.isHeard ? 1 : 0
        mostThreads = max(mostThreads, look.blocked.count)
      }
      usleep(2000)
    }
    let result = job.wait()
    #expect(result.exitCode == 0, "\(result)")
    #expect(looks > 10 && mostThreads > 3, "\(looks) looks at up to \(mostThreads) threads")
  }

  @Test("A run whose log nobody reads any more goes on")
  func brokenPipe() throws {
    let tiny = try TinyData()
    let arguments = tiny.training("unread", steps: 20, ["--checkpoint-every", "1steps"])
    let result = try RunningProcess(
      ["bash", "-c", "set -o pipefail; \"$@\" 2>&1 | head -n 1", "pipe", try builtTool("deepinside")] + arguments
    ).wait(timeout: 120)
    #expect(result.exitCode == 0, "\(result)")
    #expect(try tiny.losses("unread").count == 20)
  }
}
