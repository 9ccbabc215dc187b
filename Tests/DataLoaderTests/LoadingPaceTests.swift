import Data
import Images
import Foundation
import Testing

@testable import DataLoader

@Suite("How many threads load pictures")
struct LoadingPaceTests {
  /// Pictures per second that one thread decodes and that all threads compute, the number of these threads, and the expected
  /// number of loader threads.
  private static let cases: [(decode: Double, compute: Double, workers: Int, expected: Int)] = [
    // cnn-f in bfloat16 computes about 45 img per second and thread; a thread decodes 300 photographs or 900 JPEGs of a pack per
    // second.
    (300, 90, 2, 2), (900, 90, 2, 1), (300, 360, 8, 8), (900, 360, 8, 4), (900, 720, 16, 8),
    (300, 1440, 32, 32), (900, 1440, 32, 16), (300, 2900, 64, 64), (900, 2900, 64, 33), (900, 5800, 128, 65),
    // Pictures of a pack with raw pixels.
    (10_000, 90, 2, 1), (10_000, 2900, 64, 3), (10_000, 5800, 128, 6),
    // A net that computes faster than any picture can be decoded.
    (300, 100_000, 4, 4), (300, 1_000_000, 128, 128),
  ]

  @Test(
    "so many that the next batch is there in time, at the share of a processor that they get, but no more than compute",
    arguments: cases)
  func byRates(_ row: (decode: Double, compute: Double, workers: Int, expected: Int)) {
    let pace = LoadingPace(processorSeconds: 1 / row.decode, storageSeconds: 0)
    #expect(pace.threads(computeSeconds: 1 / row.compute, workers: row.workers) == row.expected)
  }

  @Test("pictures that a slow storage has to be asked for are waited for side by side")
  func storage() {
    // Each picture takes 50 ms of waiting and 1 ms of decoding; its computation takes 10 ms.
    let pace = LoadingPace(processorSeconds: 0.001, storageSeconds: 0.05)
    #expect(pace.threads(computeSeconds: 0.01, workers: 2) == 1 + 5)
    #expect(pace.threads(computeSeconds: 1e-5, workers: 2) == 2 + 64, "never more than can be of use")
    #expect(pace.threads(computeSeconds: 0, workers: 7) == 7, "as many as compute where nothing is known")
  }

  @Test("the number of threads can change at any time, and the batches don't")
  func changing() throws {
    let sampler = EpochSampler(count: 31, seed: 2)
    func load(_ change: (Int, BatchLoader) -> Void) throws -> [[Float]] {
      let loader = try BatchLoader(
        source: MemorySource(count: 31), options: .init(threads: 2, augmentation: Augmentation(seed: 1)),
        sequence: .training(sampler, batch: 6, firstSample: 0, rank: 0, ranks: 1),
        badFiles: BadFileReport(badFileLimit: 1, of: 31))
      defer { loader.close() }
      return try (0..<40).map { number in
        change(number, loader)
        let batch = try #require(try loader.next())
        defer { loader.recycle(batch) }
        return Array(batch.tensor.values)
      }
    }
    let plain = try load { _, _ in }
    let changed = try load { number, loader in loader.useThreads([1, 9, 3, 1, 2, 16][number % 6]) }
    #expect(plain == changed)
  }

  @Test("what a picture takes is measured: the time of its decoding apart from that of waiting for it")
  func measuring() throws {
    let slow = MemorySource(count: 64, onRead: { _ in usleep(5000) })
    let loader = try BatchLoader(
      source: slow, options: .init(threads: 1), sequence: .once(0..<64, batch: 8), badFiles: BadFileReport(of: 64))
    defer { loader.close() }
    while let batch = try loader.next() { loader.recycle(batch) }
    let pace = try #require(loader.pace)
    #expect(pace.processorSeconds > 0 && pace.storageSeconds > 0.004, "\(pace)")
  }

  @Test("only what must be decoded is kept in memory, and only where a share worth having fits")
  func caching() {
    let source = MemorySource(count: 1000)
    let all = 4 * 16 * 16 * 1000
    #expect(source.cached(bytes: all / 10) is CachedSource && source.cached(bytes: all / 30) is MemorySource)
    #expect(RawSource().cached(bytes: all) is RawSource)
  }

  private struct RawSource: PictureSource {
    let count = 10
    let geometry = smallGeometry
    var needsDecoding: Bool { false }
    func label(at index: Int) -> Int { 0 }
    func name(at index: Int) -> String { "picture \(index)" }
    func picture(at index: Int, decoder: PictureDecoder) throws(ImageError) -> PreparedPicture {
      try geometry.prepare(testPicture(index))
    }
  }
}
