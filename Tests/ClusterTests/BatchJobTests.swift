import Foundation
import TestSupport
import Testing

/// The scripts of jobs/, with a launch.sh that only prints what it is given.
@Suite struct BatchJobTests {
  private static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test("Each job starts its command with restarts", arguments: ["prepare", "train", "class-models", "saliency"])
  func command(name: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(at: Self.top.appending(path: "jobs"), to: folder.url.appending(path: "jobs"))
    let script = folder.path("launch.sh")
    // By another process: one that a test starts meanwhile would inherit the file open for writing, and nobody could execute it.
    let made = try RunningProcess(["sh", "-c", #"printf '#!/bin/sh\necho "$@"\n' > "$0" && chmod 755 "$0""#, script]).wait(
      timeout: 20)
    #expect(made.exitCode == 0, "\(made)")
    let result = try RunningProcess(
      ["bash", folder.path("jobs/\(name).sbatch"), "--output", "a b"], environment: ["SLURM_SUBMIT_DIR": folder.path]
    ).wait(timeout: 20)
    #expect(result.exitCode == 0 && result.output == "--max-restarts 2 \(name) --output a b\n", "\(result)")
    let text = try String(contentsOfFile: folder.path("jobs/\(name).sbatch"), encoding: .utf8)
    for line in ["#SBATCH --signal=B:USR1@120", "#SBATCH --requeue", "#SBATCH --job-name=deepinside-\(name)"] {
      #expect(text.contains(line + "\n"), "\(name): \(line)")
    }
  }
}
