import Foundation
import TestSupport
import Testing

@testable import deepinside

@Suite("simulate") struct SimulateTests {
  @Test("Numbers of nodes, rates and times are read with their units, and nothing else")
  func arguments() {
    #expect(NodeCounts("1..1024")?.counts == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    #expect(NodeCounts("3..9")?.counts == [3, 4, 8, 9] && NodeCounts("8,2,2")?.counts == [2, 8])
    #expect(NodeCounts("0..4") == nil && NodeCounts("4..1") == nil && NodeCounts("a") == nil && NodeCounts("") == nil)
    // Of 1,538 bytes of an Ethernet frame 1,448 are TCP's.
    #expect(abs((Bandwidth("1Gbit")?.bytesPerSecond ?? 0) - 1.25e8 * 1448 / 1538) < 1)
    #expect(Bandwidth("120MB")?.bytesPerSecond == 1.2e8)
    #expect(Bandwidth("1") == nil && Bandwidth("-1Gbit") == nil && Bandwidth("fast") == nil)
    #expect(Latency("50us")?.seconds == 50 * 1e-6 && Latency("1.5ms")?.seconds == 1.5 * 1e-3 && Latency("1") == nil)
  }

  @Test("A table, JSON and a plot from a given rate")
  func run() throws {
    let folder = try TemporaryFolder()
    let arguments = ["simulate", "--nodes", "1,4", "--rate", "40", "--cores-per-node", "2", "--bandwidth", "1Gbit"]
    let plot = folder.path("scaling.svg")
    let table = try runTool("deepinside", arguments + ["--plot", plot])
    // 64 pictures at 2 · 40 img/s.
    #expect(table.exitCode == 0 && table.output.contains("800        80        100 %"), "\(table)")
    #expect(try String(contentsOfFile: plot, encoding: .utf8).hasPrefix("<svg"))
    let json = try runTool("deepinside", arguments + ["--json"])
    #expect(json.exitCode == 0 && json.output.contains("\"fullyConnected\" : \"sharded\""), "\(json)")
    let wrong = try runTool("deepinside", ["simulate", "--bandwidth", "10"])
    #expect(wrong.exitCode == 2, "\(wrong)")
  }
}
