import Files
import Foundation

/// The average time that a loader thread needs for one picture.
package struct LoadingPace: Sendable, Equatable {
  /// The processor time in seconds: decoding, resizing, writing into the batch.
  package var processorSeconds: Double
  /// The time of waiting for the storage, in seconds.
  package var storageSeconds: Double

  package init(processorSeconds: Double, storageSeconds: Double) {
    self.processorSeconds = processorSeconds
    self.storageSeconds = storageSeconds
  }

  /// The share of a processor that a loader thread gets beside a thread that computes all the time: the kernel's weight for
  /// `niceness` is 110, that for an ordinary thread 1024. Source: sched(7), "The nice value"; `sched_prio_to_weight` of the Linux
  /// kernel.
  package static let shareBesideComputing = 0.1
  /// The niceness of loader threads, so that they take little from the threads that compute. Those wait for each other after
  /// every layer, so one that is delayed delays all. While they wait for pictures, the loader threads have the processors for
  /// themselves.
  static let niceness: Int32 = 10
  /// The most threads that are added because pictures wait for the storage.
  static let mostWaiting = 64

  /// The average of this pace and `other`, which counts for a quarter: lasting changes show, and a single stall hardly does.
  func mixed(with other: LoadingPace) -> LoadingPace {
    LoadingPace(
      processorSeconds: 0.75 * processorSeconds + 0.25 * other.processorSeconds,
      storageSeconds: 0.75 * storageSeconds + 0.25 * other.storageSeconds)
  }

  /// The number of loader threads of one rank that have the next batch ready in time, if that is possible. Each gets its share of
  /// the processors beside the `workers` threads that compute; there is at most one loader thread for each of those, and one more
  /// for every picture that is waited for at the same time.
  ///
  /// - Parameters:
  ///   - computeSeconds: The time in seconds that the rank computes for each picture; 0 if it isn't known.
  ///   - workers: The number of threads that compute.
  package func threads(computeSeconds: Double, workers: Int) -> Int {
    guard computeSeconds > 0 else { return workers }
    let decoding = (processorSeconds / computeSeconds / Self.shareBesideComputing).rounded(.up)
    let waiting = (storageSeconds / computeSeconds).rounded()
    return max(1, Int(min(decoding, Double(workers))) + Int(min(waiting, Double(Self.mostWaiting))))
  }
}

/// The clocks of one loader thread.
struct LoaderClock {
  private var start = ContinuousClock.now
  private var processor = Self.processorSeconds()
  private var queued = Self.queuedSeconds()

  /// The pace over the pictures since the last call, or since the beginning.
  ///
  /// - Parameter idleSeconds: The time in seconds that the thread had nothing to do.
  mutating func lap(pictures: Int, idleSeconds: Double) -> LoadingPace {
    let before = self
    self = LoaderClock()
    let used = processor - before.processor
    let waiting = (start - before.start) / .seconds(1) - idleSeconds - used - (queued - before.queued)
    return LoadingPace(
      processorSeconds: used / Double(pictures), storageSeconds: max(0, waiting) / Double(pictures))
  }

  /// The processor time of this thread in seconds. Source: clock_gettime(3), CLOCK_THREAD_CPUTIME_ID
  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  /// The time in seconds that this thread was ready to run but had no processor. Source: the kernel's sched-stats.txt,
  /// `/proc/<pid>/schedstat`
  private static func queuedSeconds() -> Double {
    let text = FileManager.default.contents(atPath: "/proc/thread-self/schedstat") ?? Data()
    let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? 1e-9 * (Double(fields[1]) ?? 0) : 0
  }
}
