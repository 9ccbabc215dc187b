import Cluster
import Data
import DataSets
import Files
import Foundation
import Images
import Threads

/// Makes batches ahead of their use, on its own threads.
///
/// A thread fills one place of a batch at a time: decode, resize, crop, flip, shift, subtract the mean, erase. Batches come out
/// in order, and neither their order nor their content depends on the number of threads. The buffers (`prefetch` + 1 of them) are
/// made once, so give each batch back with `recycle(_:)` before asking for the next but one. The threads have a low priority:
/// computation goes first.
public final class BatchLoader: @unchecked Sendable {
  // Unchecked: what changes is guarded by `condition`.

  private struct Filling {
    let batch: PictureBatch
    let entries: [EpochSampler.Entry]
    var next = 0
    var remaining: Int
  }

  private let source: any PictureSource
  private let options: Options
  private let sequence: Sequence
  private let badFiles: BadFileReport
  /// Guards all properties below.
  private let condition = NSCondition()
  private var filling: [Filling] = []
  private var free: [PictureBatch]
  private var nextBatch = 0
  private var failure: DataError?
  private var isClosed = false
  private var runningThreads = 0
  private var wantedThreads: Int
  private var waited = 0.0
  private var measured: LoadingPace?

  /// Starts the threads.
  ///
  /// - Parameter badFiles: Records bad files; its limit ends the loading for training.
  /// - Throws: `MemoryError` if there isn't enough memory for the batches.
  public init(source: any PictureSource, options: Options, sequence: Sequence, badFiles: BadFileReport) throws {
    precondition(options.threads > 0 && options.prefetch > 0, "no loader threads, or nothing prefetched")
    precondition(options.augmentation == nil || options.crops == .centre, "crops of test time are not augmented")
    (self.source, self.options, self.sequence, self.badFiles) = (source, options, sequence, badFiles)
    let capacity =
      switch sequence {
      case .training(_, let batch, _, _, let ranks, let parts): (batch + ranks * parts - 1) / (ranks * parts)
      case .once(let range, let batch): min(batch, max(1, range.count))
      }
    free = try (0...options.prefetch).map { _ in
      try PictureBatch(capacity: capacity * options.crops.count, crop: source.geometry.crop)
    }
    wantedThreads = options.threads
    useThreads(options.threads)
  }

  /// Changes the number of threads: new ones start at once, surplus ones end after their current picture.
  package func useThreads(_ count: Int) {
    condition.lock()
    defer { condition.unlock() }
    wantedThreads = max(1, count)
    if !isClosed, failure == nil { startThreads() }
    condition.broadcast()
  }

  /// The measured time that a picture takes a thread, an average in which later pictures count more; nil before the first
  /// measurement.
  package var pace: LoadingPace? { condition.withLock { measured } }

  /// Called while the lock is held: threads that have begun look at the same counts.
  private func startThreads() {
    while runningThreads < wantedThreads {
      // The thread keeps the loader alive: see `close()`.
      startThread("loader-\(runningThreads)") { [self] in run() }
      runningThreads += 1
    }
  }

  /// The number of seconds that `next()` has waited for batches so far: time that the training has lost.
  public var waitSeconds: Double { condition.withLock { waited } }

  /// The next batch, in order; nil after the last one of a finite range, and after `close()`.
  ///
  /// - Throws: `DataError` if too many training pictures are bad, one is smaller than the crop, or the storage stays away.
  public func next() throws(DataError) -> PictureBatch? {
    condition.lock()
    defer { condition.unlock() }
    let start = ContinuousClock.now
    defer { waited += (ContinuousClock.now - start) / .seconds(1) }
    while true {
      if let failure { throw failure }
      if isClosed { return nil }
      if let first = filling.first {
        if first.remaining == 0 {
          filling.removeFirst()
          condition.broadcast()
          return first.batch
        }
      } else if isFinished {
        return nil
      } else {
        precondition(!free.isEmpty, "no free batch is left: recycle batches before asking for more")
      }
      condition.wait()
    }
  }

  /// Takes a batch back, to fill it again.
  public func recycle(_ batch: PictureBatch) {
    condition.lock()
    free.append(batch)
    condition.broadcast()
    condition.unlock()
  }

  /// Stops the threads, each after its current picture, and waits for them. Every loader must be closed in the end: until then
  /// its threads keep it alive.
  public func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    while runningThreads > 0 { condition.wait() }
    condition.unlock()
  }

  private var isFinished: Bool {
    if case .once(let range, let batch) = sequence { return range.lowerBound + nextBatch * batch >= range.upperBound }
    return false
  }

  private func entries(ofBatch number: Int) -> [EpochSampler.Entry]? {
    switch sequence {
    case .training(let sampler, let batch, let firstSample, let rank, let ranks, let parts):
      let own = EpochSampler.range(from: firstSample + number / parts * batch, batch: batch, rank: rank, ranks: ranks)
      let part = EpochSampler.share(of: own.count, rank: number % parts, ranks: parts)
      return sampler.entries((own.lowerBound + part.lowerBound)..<(own.lowerBound + part.upperBound))
    case .once(let range, let batch):
      let start = range.lowerBound + number * batch
      guard start < range.upperBound else { return nil }
      return (start..<min(start + batch, range.upperBound)).map { EpochSampler.Entry(global: $0, epoch: 0, sample: $0) }
    }
  }

  // MARK: The threads

  private func run() {
    // Sets the priority of this thread alone. Source: setpriority(2), "C library/kernel differences"
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, LoadingPace.niceness)
    do throws(DataError) {
      let decoder = try PictureDecoder.ofLoader()
      let resizer = Resizer()
      var clock = LoaderClock()
      var (pictures, idle) = (0, 0.0)
      while let (batch, slot, entry) = claim(&idle) {
        try load(entry, into: batch, slot: slot, decoder: decoder, resizer: resizer)
        pictures += 1
        let isMeasured = pictures == Self.picturesMeasured
        finish(batch, isMeasured ? clock.lap(pictures: pictures, idleSeconds: idle) : nil)
        if isMeasured { (pictures, idle) = (0, 0) }
        Activity.advance()
      }
    } catch {
      condition.lock()
      if failure == nil { failure = error }
      end()
      condition.unlock()
    }
  }

  /// The number of pictures that a thread loads between two measurements of its pace.
  private static let picturesMeasured = 16

  /// The next place to fill; nil if this thread has nothing more to do.
  private func claim(_ idle: inout Double) -> (PictureBatch, slot: Int, EpochSampler.Entry)? {
    let start = ContinuousClock.now
    condition.lock()
    defer {
      condition.unlock()
      idle += (ContinuousClock.now - start) / .seconds(1)
    }
    while !isClosed, failure == nil, runningThreads <= wantedThreads {
      if let index = filling.firstIndex(where: { $0.next < $0.entries.count }) {
        let slot = filling[index].next
        filling[index].next += 1
        return (filling[index].batch, slot, filling[index].entries[slot])
      }
      if filling.count < options.prefetch, !free.isEmpty {
        guard let entries = entries(ofBatch: nextBatch) else { break }
        let batch = free.removeLast()
        batch.count = entries.count * options.crops.count
        batch.samples = entries.flatMap { [Int](repeating: $0.global, count: options.crops.count) }
        batch.labels = [Int32](repeating: 0, count: batch.count)
        filling.append(Filling(batch: batch, entries: entries, remaining: entries.count))
        nextBatch += 1
        condition.broadcast()
        continue
      }
      condition.wait()
    }
    end()
    return nil
  }

  /// Counts this thread as ended; called with the lock held.
  private func end() {
    runningThreads -= 1
    condition.broadcast()
  }

  private func finish(_ batch: PictureBatch, _ pace: LoadingPace?) {
    condition.lock()
    if let pace { measured = measured?.mixed(with: pace) ?? pace }
    if let index = filling.firstIndex(where: { $0.batch === batch }) {
      filling[index].remaining -= 1
      if filling[index].remaining == 0 { condition.broadcast() }
    }
    condition.unlock()
  }

  private func load(
    _ entry: EpochSampler.Entry, into batch: PictureBatch, slot: Int, decoder: PictureDecoder, resizer: Resizer
  ) throws(DataError) {
    // Validation has no substitutes: a bad picture counts with its own label, and its input is the mean (zeros).
    let isTraining = if case .training = sequence { true } else { false }
    let found = try readable(from: entry.sample, substitutes: isTraining, decoder: decoder)
    let label = source.label(at: found?.index ?? entry.sample)
    let slots = (slot * options.crops.count)..<((slot + 1) * options.crops.count)
    let geometry = source.geometry
    if let (index, picture) = found {
      let size = picture.size
      let transforms =
        options.augmentation.map {
          [$0.transform(epoch: entry.epoch, sample: index, crop: geometry.crop, width: size.width, height: size.height)]
        } ?? geometry.places(options.crops, in: size).map(InputTransform.init)
      for (slot, transform) in zip(slots, transforms) {
        geometry.write(picture, transform, mean: options.mean, resizer: resizer, to: batch.planes(at: slot))
      }
    } else {
      for slot in slots { batch.planes(at: slot).update(repeating: 0, count: geometry.count) }
    }
    condition.withLock { for slot in slots { batch.labels[slot] = Int32(label) } }
  }

  /// The picture at `index`; with `substitutes`, the first readable one from there on, continuing at the start of the list after
  /// its end.
  private func readable(
    from index: Int, substitutes: Bool, decoder: PictureDecoder
  ) throws(DataError) -> (index: Int, PreparedPicture)? {
    for offset in 0..<(substitutes ? source.count : 1) {
      let candidate = (index + offset) % source.count
      let name = source.name(at: candidate)
      if badFiles.contains(name) { continue }
      do throws(ImageError) {
        let picture = try source.picture(at: candidate, decoder: decoder)
        // Resized twice, whether or not a cache has done it once: the bits must not depend on the cache.
        return (candidate, options.augmentation.map { $0.smallestArea < 1 } == true ? try picture.settled() : picture)
      } catch  where error.kind != .leftOut {
        if let problem = DataError(notOfThePicture: error) { throw problem }
        badFiles.record(path: name, reason: error.description)
        if substitutes, let excess = badFiles.excess { throw excess }
      } catch {
        // The report of the pack already lists it.
      }
    }
    if substitutes { throw DataError(.badPictures, "none of the \(source.count) pictures can be decoded") }
    return nil
  }
}
