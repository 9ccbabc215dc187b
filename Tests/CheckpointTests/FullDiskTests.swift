import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Checkpoint

/// Makes a folder that has room for 256 KiB; false if the system doesn't let us.
private func mountSmallDisk(at path: String) throws -> Bool {
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  return try run("/bin/mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", path) == 0
}

private let canMount: Bool = {
  guard getuid() == 0, let folder = try? TemporaryFolder(), (try? mountSmallDisk(at: folder.path("disk"))) == true else {
    return false
  }
  return (try? run("/bin/umount", folder.path("disk"))) == 0
}()

@Suite(.enabled(if: canMount, "a small disk needs root and mount"))
struct FullDiskTests {
  @Test("Checkpoints leave the previous one on a full disk, and say so")
  func fullDisk() throws {
    let scratch = try TemporaryFolder()
    let example = try Example()
    let mount = scratch.path("small")
    try #require(try mountSmallDisk(at: mount))
    defer { _ = try? run("/bin/umount", mount) }
    let folder = CheckpointFolder(mount)
    try folder.write(example.contents, store: example.store)
    let before = try Checkpoint.read(folder.latest).digest
    var large = try Example(step: 13_000).contents
    large.meanShape = Shape(channels: 3, height: 300, width: 300)
    large.mean = [Float](repeating: 1, count: 270_000)
    let error = try #require(throws: CheckpointError.self) { try folder.write(large, store: example.store) }
    #expect(error.kind == .noSpace)
    #expect(error.description.contains("KiB are needed; free space, the previous checkpoint is untouched"), "\(error)")
    // Other programs may fill the disk while the file is being written.
    let late = try #require(throws: CheckpointError.self) {
      try Checkpoint.write(large, store: example.store, to: folder.file(step: 13_000))
    }
    #expect(late.kind == .noSpace)
    #expect(late.description.contains("no space left on device; free space, the previous checkpoint is untouched"), "\(late)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: mount).sorted() == ["latest.h5", "step-00012000.h5"])
    #expect(try Checkpoint.read(folder.latest).digest == before)
    // The space is free again at once, because nothing holds the removed file open.
    let next = try Example(step: 14_000)
    try folder.write(next.contents, store: next.store)
    #expect(try folder.steps() == [14_000, 12_000])
  }
}
