import ConvNet
import Files
import Foundation
import HDF5
import Testing

@testable import Checkpoint

/// Measures speed, and tests nothing: `CHECKPOINT_SPEED=DIR swift test -c release --filter CheckpointSpeed`
@Suite(.enabled(if: ProcessInfo.processInfo.environment["CHECKPOINT_SPEED"] != nil))
struct CheckpointSpeed {
  @Test("of the paper's network with velocity, 487 MB")
  func largest() throws {
    let folder = ProcessInfo.processInfo.environment["CHECKPOINT_SPEED"] ?? "."
    let network = try Preset.cnnF.network(classes: 1000)
    let store = try ParameterStore(network)
    Initialization.gaussian.fill(store, seed: 1)
    for index in 0..<store.velocity.count { store.velocity.pointer[index] = store.values.pointer[index] / 3 }
    let wnids = (0..<1000).map { "n\(10_000_000 + $0)" }
    let contents = CheckpointContents(
      network: network, progress: TrainingProgress(learningRate: LearningRateState(rate: 0.01)),
      mean: [Float](repeating: 120, count: 3 * 256 * 256), meanShape: Shape(channels: 3, height: 256, width: 256),
      classes: wnids, classNames: wnids)
    let path = "\(folder)/speed.h5"
    defer { unlink(path) }
    let copy = try FlatBuffer(count: store.values.count)
    for _ in 0..<3 {
      report("copy of values (243 MB)") { _ = copy.all.update(fromContentsOf: store.values.all) }
      report("SHA-256 of values") { _ = SHA256.hex(of: UnsafeRawBufferPointer(store.values.all)) }
      try report("HDF5 without checksum, fsync and rename") {
        let file = try HDF5File.create(at: path)
        try file.write(UnsafeBufferPointer(store.values.all), shape: [store.values.count], to: "/values")
        try file.write(UnsafeBufferPointer(store.velocity.all), shape: [store.velocity.count], to: "/velocity")
        try file.close()
      }
      report("fsync of that") {
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        #expect(fsync(descriptor) == 0)
      }
      try report("Checkpoint.write, all") { try Checkpoint.write(contents, store: store, to: path) }
      try report("Checkpoint.readHeader") { _ = try Checkpoint.readHeader(path) }
      try report("ParameterStore for training: 730 MB of zeros") { _ = try ParameterStore(network) }
      try report("Checkpoint.read for training") { _ = try Checkpoint.read(path, training: true) }
      try report("Checkpoint.read for inference") { _ = try Checkpoint.read(path) }
      try report("Inspection") { _ = try Inspection.of(path) }
    }
    let values = [Float](repeating: 1, count: 224 * 224)
    try report("100 small results, each with fsync") {
      for _ in 0..<100 {
        try HDF5File.write(to: path) { file throws(HDF5Error) in try file.write(values, shape: [224, 224], to: "/map") }
      }
    }
  }

  /// Prints the elapsed time and the processor time: on a busy machine only the latter is worth comparing.
  private func report(_ what: String, _ body: () throws -> Void) rethrows {
    let before = processorSeconds()
    let elapsed = try ContinuousClock().measure(body) / .seconds(1)
    print(String(format: "%6.3f s elapsed, %6.3f s processor  %@", elapsed, processorSeconds() - before, what))
  }

  private func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}
