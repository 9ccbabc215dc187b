import ConvNet
import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoint

@Suite("A folder of checkpoints")
struct CheckpointFolderTests {
  let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func write(_ steps: [(step: Int, isBest: Bool)], keep: Int) throws -> CheckpointFolder {
    let folder = CheckpointFolder(scratch.path("run/checkpoints"), keep: keep)
    for (step, isBest) in steps {
      let example = try Example(step: step, seed: UInt64(step))
      try folder.write(example.contents, store: example.store, isBest: isBest)
    }
    return folder
  }

  private func names(_ folder: CheckpointFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test(
    "keeps the newest, the latest and the best",
    arguments: [
      (1, [(1, false), (2, false), (3, false)], [3], nil),
      (2, [(1, true), (2, false), (3, false), (4, false)], [1, 3, 4], 1),
      (2, [(1, true), (2, true), (3, true)], [2, 3], 3),
      (3, [(1, false), (2, true), (3, false)], [1, 2, 3], 2),
      (1, [(5, false), (3, false)], [3], nil),
      (9, [(99_999_999, false), (100_000_000, false)], [99_999_999, 100_000_000], nil),
    ] as [(Int, [(Int, Bool)], [Int], Int?)])
  func keeps(keep: Int, writes: [(Int, Bool)], left: [Int], best: Int?) throws {
    let folder = try write(writes.map { (step: $0.0, isBest: $0.1) }, keep: keep)
    #expect(try folder.steps().sorted() == left)
    let last = try #require(writes.last).0
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.latest) == CheckpointFolder.fileName(step: last))
    #expect(try Checkpoint.readHeader(folder.latest).contents.progress.step == last)
    #expect(SymbolicLink.target(of: folder.best) == best.map(CheckpointFolder.fileName))
    #expect(try names(folder).count == left.count + (best == nil ? 1 : 2))
  }

  @Test("the link to the best one is made again where a copy has left it out")
  func lostLink() throws {
    let folder = CheckpointFolder(scratch.path("run/checkpoints"), keep: 1)
    for (step, error) in [(1, 0.5), (2, 0.3), (3, 0.3)] {
      var example = try Example(step: step, seed: UInt64(step))
      example.contents.progress.validationError = error
      try folder.write(example.contents, store: example.store, isBest: step == 2)
    }
    try FileManager.default.removeItem(atPath: folder.best)
    try folder.restoreBest(0.2)
    #expect(SymbolicLink.target(of: folder.best) == nil)
    try folder.restoreBest(0.3)
    #expect(SymbolicLink.target(of: folder.best) == CheckpointFolder.fileName(step: 2))
  }

  @Test(
    "names files by their step",
    arguments: [
      ("step-00012000.h5", 12_000), ("step-123456789.h5", 123_456_789), ("step-12000.h5", nil), ("latest.h5", nil),
      (".step-00012000.h5@node@1@2.partial", nil), ("step-0001200x.h5", nil), ("step-00000000.h5", 0),
    ] as [(String, Int?)])
  func fileNames(name: String, step: Int?) {
    #expect(CheckpointFolder.step(ofName: name) == step)
    if let step { #expect(CheckpointFolder.fileName(step: step) == name) }
  }

  @Test("gives the newest, or nothing when there is none")
  func newest() throws {
    #expect(try CheckpointFolder(scratch.path("nowhere")).newest().found == nil)
    let folder = try write([(1000, false), (2000, false)], keep: 3)
    let newest = try folder.newest()
    #expect(newest.found?.path == folder.path + "/step-00002000.h5")
    #expect(newest.found?.checkpoint.contents.progress.step == 2000)
    #expect(newest.skipped.isEmpty)
  }

  @Test("falls back to the newest whole one, and says which it skipped and why", arguments: ["cut", "flipped", "gone"])
  func fallBack(damage: String) throws {
    let folder = try write([(1000, false), (2000, false), (3000, true)], keep: 3)
    for step in [2000, 3000] {
      let name = "run/checkpoints/\(CheckpointFolder.fileName(step: step))"
      var bytes = try scratch.bytes(name)
      switch damage {
      case "cut": try scratch.write(bytes.prefix(bytes.count - 100), to: name)
      case "gone": try FileManager.default.removeItem(atPath: scratch.path(name))
      default:
        let example = try Example(step: step, seed: UInt64(step))
        let weights = try #require(example.store.parameter("conv1", .weights))
        let raw = Data(buffer: UnsafeBufferPointer(example.store.values[weights.range]))
        let place = try #require(bytes.range(of: raw)).lowerBound
        bytes[place] ^= 1
        try scratch.write(bytes, to: name)
      }
    }
    let newest = try folder.newest()
    #expect(newest.found?.checkpoint.contents.progress.step == 1000)
    let reasons = newest.skipped.map(\.description)
    switch damage {
    case "gone": #expect(reasons.isEmpty)
    case "cut": #expect(reasons.count == 2 && reasons.allSatisfy { $0.contains("truncated file") }, "\(reasons)")
    default:
      #expect(
        reasons.first == "cannot read checkpoint \(folder.path)/step-00003000.h5: data set /parameters/conv1/weights has been "
          + "damaged since it was written (its checksum differs); resume from the previous checkpoint with --resume "
          + "\(folder.path)/step-00002000.h5")
      #expect(reasons.count == 2)
      // The advice for the last checkpoint can't name itself; reading it through the link gives the same advice as reading the
      // file.
      let error = try #require(throws: CheckpointError.self) { try Checkpoint.read(folder.latest) }
      #expect(error.hint == "resume from the previous checkpoint with --resume \(folder.path)/step-00002000.h5")
    }
  }

  @Test("prefers the branch that latest.h5 belongs to when a run was taken back")
  func takenBack() throws {
    let folder = try write([(1000, false), (2000, false), (3000, false), (1500, false)], keep: 5)
    #expect(try folder.steps() == [1500, 1000, 3000, 2000])
    #expect(try folder.newest().found?.checkpoint.contents.progress.step == 1500)
    // After a crash between writing the file and the link, the file is newer than the one that the link points to.
    let example = try Example(step: 1600)
    try Checkpoint.write(example.contents, store: example.store, to: folder.path + "/step-00001600.h5")
    #expect(try folder.newest().found?.checkpoint.contents.progress.step == 1600)
  }
}

@Suite("The inspection")
struct InspectionTests {
  let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  @Test("shows a checkpoint")
  func checkpoint() throws {
    let example = try Example()
    let path = scratch.path("a.h5")
    let digest = try Checkpoint.write(example.contents, store: example.store, to: path)
    let inspection = try Inspection.of(path)
    #expect(inspection.isWhole, "\(inspection.text)")
    for part in [
      "deepinside-checkpoint, version 1", digest, "step 12000, epoch 3, 3072000 samples", "金魚", "fc2    [4]        504",
      "total             644", "/velocity/conv1/weights", "[5, 3, 3, 3]", "\(path) is whole", "0 to 159.7",
    ] { #expect(inspection.text.contains(part), "\(part) in\n\(inspection.text)") }
  }

  @Test("shows any other HDF5 file")
  func result() throws {
    let path = scratch.path("result.h5")
    try HDF5File.write(to: path) { file throws(HDF5Error) in
      try file.write([0, 1, 2, 3, .nan], shape: [5], to: "/map")
      try file.setAttribute("format", to: "deepinside-result")
      try file.setAttribute("class", to: "n01440764")
      try file.setAttribute("score", to: 17.5)
    }
    let inspection = try Inspection.of(path)
    #expect(inspection.isWhole)
    for part in ["n01440764", "17.5", "/map", "[5]", "1.118 (1 not finite)", "none"] {
      #expect(inspection.text.contains(part), "\(part) in\n\(inspection.text)")
    }
  }
}
