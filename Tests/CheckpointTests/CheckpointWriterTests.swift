import ConvNet
import Files
import Foundation
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Writing checkpoints beside the training")
struct CheckpointWriterTests {
  let scratch: TemporaryFolder
  let team = ThreadTeam(workers: 2)

  init() throws { scratch = try TemporaryFolder() }

  @Test("what is written is what the parameters were at the start, whatever happens to them meanwhile")
  func copy() throws {
    let folder = CheckpointFolder(scratch.path("c"), keep: 9)
    let example = try Example()
    let writer = try CheckpointWriter(folder, network: example.contents.network)
    for step in 1...5 {
      var contents = example.contents
      contents.progress.step = step
      example.store.values.fill(with: Float(step))
      example.store.velocity.fill(with: Float(-step))
      writer.start(contents, copying: example.store, isBest: step == 2, team: team)
      example.store.values.fill(with: 99)
      example.store.velocity.fill(with: 99)
    }
    writer.wait()
    let outcomes = writer.takeOutcomes()
    #expect(outcomes.map(\.step) == [1, 2, 3, 4, 5] && writer.takeOutcomes().isEmpty)
    #expect(outcomes.map(\.isBest) == [false, true, false, false, false])
    for step in 1...5 {
      #expect(try outcomes[step - 1].result.get() == folder.file(step: step))
      let store = try Checkpoint.read(folder.file(step: step), training: true).store
      for parameter in store.parameters {
        #expect(store.values[parameter.range].allSatisfy { $0 == Float(step) })
        #expect(store.velocity[parameter.range].allSatisfy { $0 == Float(-step) })
      }
    }
    #expect(SymbolicLink.target(of: folder.latest) == "step-00000005.h5")
    #expect(SymbolicLink.target(of: folder.best) == "step-00000002.h5")
  }

  @Test("values that are no finite numbers are refused by name, and the checkpoint before stays", arguments: [true, false])
  func diverged(inVelocity: Bool) throws {
    let folder = CheckpointFolder(scratch.path("c"))
    let example = try Example()
    let writer = try CheckpointWriter(folder, network: example.contents.network)
    writer.start(example.contents, copying: example.store, isBest: true, team: team)
    let range = try #require(example.store.parameter("fc2", .weights)).range
    (inVelocity ? example.store.velocity : example.store.values).pointer[range.lowerBound + 1] = .nan
    var contents = example.contents
    contents.progress.step += 1
    writer.start(contents, copying: example.store, isBest: true, team: team)
    writer.wait()
    let outcomes = writer.takeOutcomes()
    let error = try #require(throws: CheckpointError.self) { try outcomes[1].result.get() }
    #expect(error.kind == .notFinite && error.reason.contains("fc2/weights"), "\(error)")
    #expect(try folder.steps() == [example.contents.progress.step])
    #expect(SymbolicLink.target(of: folder.best) == SymbolicLink.target(of: folder.latest))
  }

  @Test("one that failed can be written again as it was")
  func retry() throws {
    try Data().write(to: URL(fileURLWithPath: scratch.path("c")))
    let folder = CheckpointFolder(scratch.path("c"))
    let example = try Example()
    let writer = try CheckpointWriter(folder, network: example.contents.network)
    writer.start(example.contents, copying: example.store, isBest: true, team: team)
    writer.wait()
    let error = try #require(throws: CheckpointError.self) { try writer.takeOutcomes()[0].result.get() }
    #expect(error.kind == .other, "\(error)")
    let bits = example.store.values.bits
    example.store.values.fill(with: 99)
    try FileManager.default.removeItem(atPath: scratch.path("c"))
    writer.retry()
    writer.wait()
    #expect(try writer.takeOutcomes()[0].result.get() == folder.file(step: 12_000))
    #expect(try Checkpoint.read(folder.best, training: true).store.values.bits == bits)
  }
}
