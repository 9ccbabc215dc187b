import Files
import Foundation

/// What loading one picture takes a loader thread, on average.
public struct LoadingPace: Sendable, Equatable {
  /// Seconds of a processor: decoding, resizing, writing into the batch.
  public var processorSeconds: Double
  /// Seconds of waiting for the storage.
  public var storageSeconds: Double

  public init(processorSeconds: Double, storageSeconds: Double) {
    self.processorSeconds = processorSeconds
    self.storageSeconds = storageSeconds
  }

  /// The share of a processor that a loader thread gets beside a thread that computes all the time: its weight at `niceness` is 110,
  /// that of an ordinary thread 1024. Source: sched(7), "The nice value"; `sched_prio_to_weight` of the Linux kernel.
  public static let shareBesideComputing = 0.1
  /// Of loader threads, so that they take little from the threads that compute. These wait for each other after every layer, and
  /// one that is held up holds up all. When they wait for pictures, the loader threads have the processors for themselves.
  static let niceness: Int32 = 10
  /// The most threads for which waiting for the storage is a reason.
  static let mostWaiting = 64

  /// A quarter of it is `other`: what is true for long shows, and a single stall hardly.
  func mixed(with other: LoadingPace) -> LoadingPace {
    LoadingPace(
      processorSeconds: 0.75 * processorSeconds + 0.25 * other.processorSeconds,
      storageSeconds: 0.75 * storageSeconds + 0.25 * other.storageSeconds)
  }

  /// As many loader threads of a rank as it takes for the next batch to be there in time, where that can be: at their share of the
  /// processors beside the `workers` threads that compute, at most one for each of these, and one more for every picture that
  /// is waited for at the same time.
  ///
  /// - Parameters:
  ///   - computeSeconds: the time that the rank computes for each picture; 0 where it isn't known.
  ///   - workers: the threads that compute.
  public func threads(computeSeconds: Double, workers: Int) -> Int {
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

  /// The pace over some pictures since the last call, or the beginning.
  ///
  /// - Parameter idleSeconds: the time that the thread had nothing to do.
  mutating func lap(pictures: Int, idleSeconds: Double) -> LoadingPace {
    let before = self
    self = LoaderClock()
    let used = processor - before.processor
    let waiting = (start - before.start) / .seconds(1) - idleSeconds - used - (queued - before.queued)
    return LoadingPace(
      processorSeconds: used / Double(pictures), storageSeconds: max(0, waiting) / Double(pictures))
  }

  /// Of this thread. Source: clock_gettime(3), CLOCK_THREAD_CPUTIME_ID
  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  /// How long this thread was ready and had no processor. Source: the kernel's sched-stats.txt, `/proc/<pid>/schedstat`
  private static func queuedSeconds() -> Double {
    let text = FileManager.default.contents(atPath: "/proc/thread-self/schedstat") ?? Data()
    let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? 1e-9 * (Double(fields[1]) ?? 0) : 0
  }
}
