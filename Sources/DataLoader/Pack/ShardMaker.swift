import Cluster
import DataSets
import Files
import Foundation
import Images
import Synchronization
import Threads

/// Packs the pictures of one shard. Several threads pack a window of pictures at a time, which is then written in order. The
/// memory that this takes is limited by the window, whatever the size of the shard.
struct ShardMaker {
  let set: PictureSet
  let settings: PackSettings
  let folder: PackFolder
  let threads: Int

  /// The number of pictures in a window for each thread.
  private static let windowPerThread = 32

  /// The packers that no thread is using.
  private final class Packers: Sendable {
    private let idle = Mutex<[Lent]>([])
    // Unchecked: whoever gives a packer back doesn't keep it (`sending`), and one thread takes it.
    private struct Lent: @unchecked Sendable { let packer: PicturePacker }

    func take() -> PicturePacker? { idle.withLock { $0.popLast() }?.packer }

    func give(_ packer: consuming sending PicturePacker) {
      let lent = Lent(packer: packer)
      idle.withLock { $0.append(lent) }
    }
  }

  /// Makes the shard and its part. Both are then complete on the disk; the part is written last.
  ///
  /// - Parameter progress: Called with the number of the shard's finished pictures.
  /// - Returns: nil if it was asked to stop; nothing of the shard is left then.
  /// - Throws: `FileError` or `HDF5Error`, for example on a full disk; `DataError`.
  func make(_ shard: Shard, progress: (Int) -> Void) throws -> ShardPart? {
    let annotations = set.annotations(shard.split)
    let samples = set.samples(shard.split)
    let packers = Packers()
    let writer = try FileWriter(folder.file(of: shard))
    var hash = SHA256()
    var part = ShardPart()
    let window = Self.windowPerThread * max(1, threads)
    for start in stride(from: shard.samples.lowerBound, to: shard.samples.upperBound, by: window) {
      if StopRequest.isRequested { return nil }
      Activity.enter(.item)
      let indices = start..<min(start + window, shard.samples.upperBound)
      let pictures: [PackedPicture]
      do {
        pictures = try pack(samples, indices, split: shard.split, packers: packers, annotations: annotations)
      } catch {
        if error.kind == .stopped { return nil }
        throw error
      }
      for picture in pictures {
        try picture.bytes.withUnsafeBytes {
          hash.update($0)
          try writer.append($0)
        }
        part.rows.append(picture)
        for finding in picture.findings {
          part.findings.append(finding.line)
          part.findingCounts[finding.kind.rawValue, default: 0] += 1
        }
      }
      progress(indices.upperBound - shard.samples.lowerBound)
    }
    part.checksum = hash.finish()
    if shard.split == .train {
      var sums = MeanAccumulator(crop: settings.shorterSide)
      while let packer = packers.take() { sums.add(packer.sums) }
      part.sums = sums.sums
    }
    try Activity.during(.saving) {
      try writer.commit()
      try part.write(to: folder.part(of: shard), settings: settings)
    }
    return part
  }

  private func pack(
    _ samples: [Sample], _ indices: Range<Int>, split: Split, packers: Packers, annotations: SplitAnnotations?
  ) throws(DataError) -> [PackedPicture] {
    let names = set.names(split)
    let results = Mutex([PackedPicture](repeating: PackedPicture(), count: indices.count))
    try forEachInParallel(indices, threads: threads) { index throws(DataError) in
      let packer: PicturePacker
      do throws(ImageError) {
        if let idle = packers.take() {
          packer = idle
        } else {
          packer = try PicturePacker(split, settings, annotations: annotations)
        }
      } catch {
        throw DataError(.badPictures, error.description)
      }
      let sample = samples[index]
      let packed = try packer.pack(sample.path, name: names.name(of: sample).written, wnid: set.classes[sample.label].wnid)
      packers.give(packer)
      Activity.advance()
      results.withLock { $0[index - indices.lowerBound] = packed }
    }
    return results.withLock { $0 }
  }
}
