import ConvNet
import Data
import DataSets
import Foundation
import Images
import Synchronization
import Testing

@testable import DataLoader

@Suite("Loading batches")
struct BatchLoaderTests {
  /// The contents of the first batches.
  private struct Content: Equatable {
    var images: [[Float]] = []
    var labels: [[Int32]] = []
    var samples: [[Int]] = []
  }

  private func load(
    _ source: any PictureSource, _ options: BatchLoader.Options, _ sequence: BatchLoader.Sequence, batches: Int,
    badFiles: BadFileReport = BadFileReport(badFileLimit: 1, of: 100)
  ) throws -> Content {
    let loader = try BatchLoader(source: source, options: options, sequence: sequence, badFiles: badFiles)
    defer { loader.close() }
    var content = Content()
    while content.samples.count < batches, let batch = try loader.next() {
      content.images.append(Array(batch.tensor.values))
      content.labels.append(batch.labels)
      content.samples.append(batch.samples)
      loader.recycle(batch)
    }
    return content
  }

  private func options(threads: Int = 1, prefetch: Int = 3) -> BatchLoader.Options {
    var options = BatchLoader.Options(threads: threads, prefetch: prefetch)
    options.augmentation = Augmentation(seed: 1)
    options.mean = [Float](repeating: 50, count: 3 * 64)
    return options
  }

  private func training(_ sampler: EpochSampler, firstSample: Int = 0, rank: Int = 0, ranks: Int = 1) -> BatchLoader.Sequence {
    .training(sampler, batch: 6, firstSample: firstSample, rank: rank, ranks: ranks)
  }

  @Test("batches come in order with the same bits on any number of threads and any prefetch")
  func order() throws {
    let sampler = EpochSampler(count: 31, seed: 2)
    let single = try load(MemorySource(count: 31), options(), training(sampler), batches: 20)
    #expect(single.samples == (0..<20).map { step in Array((step * 6)..<((step + 1) * 6)) })
    #expect(
      single.labels
        == (0..<20).map { step in
          sampler.entries((step * 6)..<((step + 1) * 6)).map { Int32($0.sample % 7) }
        })
    for (threads, prefetch) in [(2, 1), (4, 3), (7, 5)] {
      let found = try load(MemorySource(count: 31), options(threads: threads, prefetch: prefetch), training(sampler), batches: 20)
      #expect(found == single, "\(threads) threads, prefetch \(prefetch)")
    }
  }

  @Test("all ranks together see what one rank sees, and a resumed one sees the rest", arguments: [2, 3, 4])
  func ranks(_ ranks: Int) throws {
    let sampler = EpochSampler(count: 31, seed: 2)
    let single = try load(MemorySource(count: 31), options(), training(sampler), batches: 9)
    let parts = try (0..<ranks).map {
      try load(
        MemorySource(count: 31), options(threads: 2), training(sampler, firstSample: 24, rank: $0, ranks: ranks), batches: 5)
    }
    for step in 4..<9 {
      #expect(parts.flatMap { $0.images[step - 4] } == single.images[step])
      #expect(parts.flatMap { $0.samples[step - 4] } == single.samples[step])
    }
  }

  @Test("a finite range has every sample once, its last batch short, and then ends")
  func once() throws {
    var options = options(threads: 3)
    options.augmentation = nil
    options.mean = nil
    let found = try load(MemorySource(count: 31), options, .once(5..<28, batch: 10), batches: 99)
    #expect(found.samples == [Array(5..<15), Array(15..<25), Array(25..<28)])
    #expect(found.labels.map(\.count) == [10, 10, 3])
    // The red value of the first pixel is the sample's index; its green value is that of the centre crop's first column.
    #expect(found.images[1][0] == 15 && found.images[1][64] == 60)
    #expect(try load(MemorySource(count: 31), options, .once(5..<5, batch: 10), batches: 99).samples.isEmpty)
  }

  @Test("a bad training picture is replaced by the next readable one, with its label, and counted once")
  func substitutes() throws {
    let sampler = EpochSampler(count: 10, seed: 2)
    let report = BadFileReport(badFileLimit: 0.3, of: 10)
    var options = options(threads: 3)
    options.mean = nil
    options.augmentation?.eraseProbability = 0
    let found = try load(MemorySource(count: 10, bad: [3, 4, 9]), options, training(sampler), batches: 5, badFiles: report)
    let stand = [3: 5, 4: 5, 9: 0]
    for (step, labels) in found.labels.enumerated() {
      let expected = sampler.entries((step * 6)..<((step + 1) * 6)).map { stand[$0.sample] ?? $0.sample }
      #expect(labels == expected.map { Int32($0 % 7) })
      #expect((0..<6).map { Int(found.images[step][$0 * 192]) } == expected)
    }
    #expect(report.entries.map(\.path) == ["picture 3", "picture 4", "picture 9"])
    #expect(report.entries[0].reason.contains("made bad"))
  }

  @Test("more bad pictures than the limit are an error of next()")
  func limit() throws {
    let sampler = EpochSampler(count: 10, seed: 2)
    for threads in [1, 4] {
      let error = #expect(throws: DataError.self) {
        try load(
          MemorySource(count: 10, bad: [3, 4, 9]), options(threads: threads), training(sampler), batches: 50,
          badFiles: BadFileReport(badFileLimit: 0.2, of: 10))
      }
      #expect(error?.kind == .badPictures)
      #expect(error?.description.contains("3 of 10") == true)
    }
    #expect(
      BadFileReport(of: 1000).limit == 10 && BadFileReport(of: 10).limit == 1 && BadFileReport(badFileLimit: 0, of: 10).limit == 0
    )
  }

  @Test("a bad validation picture keeps its place as zeros, since each counts once")
  func badValidation() throws {
    let report = BadFileReport(badFileLimit: 0.2, of: 10)
    let found = try load(MemorySource(count: 10, bad: [3]), options(), .once(0..<10, batch: 5), batches: 9, badFiles: report)
    #expect(found.samples == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]])
    #expect(found.labels[0][3] == 3)
    #expect(found.images[0][(3 * 192)..<(4 * 192)].allSatisfy { $0 == 0 })
    #expect(report.count == 1)
  }

  @Test("a loader can be closed at any moment, and its buffers are used again")
  func closing() throws {
    let sampler = EpochSampler(count: 31, seed: 2)
    for round in 0..<30 {
      let loader = try BatchLoader(
        source: MemorySource(count: 31), options: options(threads: 1 + round % 4), sequence: training(sampler),
        badFiles: BadFileReport(of: 31))
      var buffers: Set<UnsafeMutablePointer<Float>> = []
      for _ in 0..<(round % 3 * 9) {
        let batch = try #require(try loader.next())
        buffers.insert(try #require(batch.tensor.values.baseAddress))
        loader.recycle(batch)
      }
      loader.close()
      #expect(buffers.count <= 4)
      #expect(try loader.next() == nil)
    }
  }

  @Test("the consumer's waiting is measured")
  func waiting() throws {
    let slow = MemorySource(count: 4, onRead: { _ in usleep(20_000) })
    let loader = try BatchLoader(
      source: slow, options: options(), sequence: .once(0..<4, batch: 2), badFiles: BadFileReport(of: 4))
    defer { loader.close() }
    while let batch = try loader.next() { loader.recycle(batch) }
    // Four pictures take 20 ms each on one thread, and nothing else is done meanwhile.
    #expect(loader.waitSeconds > 0.06 && loader.waitSeconds < 5, "\(loader.waitSeconds)")
  }

  @Test("a cache decodes every picture once as far as its budget goes")
  func cache() throws {
    let reads = Mutex<[Int: Int]>([:])
    let bytes = 20 * 16 * 3
    for (budget, kept) in [(10 * bytes, 10), (4 * bytes + 5, 4), (0, 0)] {
      reads.withLock { $0 = [:] }
      let source = CachedSource(
        CountingSource(reads: { index in reads.withLock { $0[index, default: 0] += 1 } }), cacheBytes: budget)
      let found = try load(source, options(), training(EpochSampler(count: 10, seed: 1)), batches: 10)
      let plain = try load(MemorySource(count: 10), options(), training(EpochSampler(count: 10, seed: 1)), batches: 10)
      #expect(found == plain)
      #expect(source.cachedBytes == kept * bytes)
      // The other pictures are read in each of the six epochs that were begun.
      #expect(reads.withLock { $0.values.filter { $0 == 1 }.count } == kept)
    }
  }

  private struct CountingSource: PictureSource {
    let reads: @Sendable (Int) -> Void
    var count: Int { 10 }
    var geometry: InputGeometry { smallGeometry }
    func label(at index: Int) -> Int { index % 7 }
    func name(at index: Int) -> String { "picture \(index)" }
    func picture(at index: Int, decoder: PictureDecoder) throws(ImageError) -> PreparedPicture {
      reads(index)
      return try geometry.prepare(testPicture(index))
    }
  }
}
