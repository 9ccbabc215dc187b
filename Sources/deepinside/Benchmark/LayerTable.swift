import ConvNet
import Foundation

/// A table of the time of each layer's passes, compared with the highest speed at which this processor multiplies matrices.
struct LayerTable {
  private let result: BenchResult
  private let peak: Double

  init(_ result: BenchResult, team: ThreadTeam) throws {
    self.result = result
    peak = try measuredPeak(team: team)
  }

  var text: String {
    let rounds = Double(max(result.rounds, 1))
    let total = result.layers.reduce(0) { $0 + $1.seconds } / rounds
    var lines = [
      "  peak \(ProgressLine.format(peak / 1e9)) GFLOP/s: float32 GEMM of 1024×1024×1024 in this process; Winograd may pass it",
      "  layer     pass                  ms a step   share   GFLOP/s   of peak",
    ]
    for time in result.layers {
      let seconds = time.seconds / rounds
      let rate = 2 * Double(time.multiplyAdds) / rounds / max(seconds, 1e-12)
      let speed = time.multiplyAdds > 0 ? String(format: "%9.1f  %7.0f %%", rate / 1e9, 100 * rate / peak) : ""
      lines.append(
        "  " + time.layer.padding(toLength: 10, withPad: " ", startingAt: 0)
          + time.pass.rawValue.padding(toLength: 20, withPad: " ", startingAt: 0)
          + String(format: "%11.2f  %5.1f %% ", 1000 * seconds, 100 * seconds / max(total, 1e-12)) + speed)
    }
    return lines.joined(separator: "\n")
  }
}
