import Foundation

/// One line that says how far the work is: rewritten in place on a terminal, a plain line every few seconds elsewhere.
///
/// Any thread may show progress, one at a time.
///
/// `train  1200/5000  24 %  312 img/s  3:12 left  loss 2.13`. It goes to descriptor 2, so that output can be piped.
final class ProgressLine: @unchecked Sendable {
  private let lock = NSLock()
  private let label: String
  private let unit: String
  private let isTerminal: Bool
  private let quiet: Bool
  private var lastShown: ContinuousClock.Instant?
  /// What was done when the line was first shown: items of earlier runs, and the start, say nothing about the speed.
  private var first: (done: Int, time: ContinuousClock.Instant)?
  private var isOpen = false

  init(_ label: String, unit: String, quiet: Bool) {
    self.label = label
    self.unit = unit
    self.quiet = quiet
    // mpirun gives ranks no terminal for descriptor 2, even where its own is one: launch.sh tells.
    isTerminal = isatty(2) == 1 || ProcessInfo.processInfo.environment["DEEPINSIDE_TERMINAL"] == "1"
  }

  /// - Parameters:
  ///   - done: items done of `total`, those of earlier runs included.
  ///   - rate: units a second, where the caller knows better than items over time.
  func show(done: Int, total: Int, rate: Double? = nil, note: String = "") {
    guard !quiet, total > 0 else { return }
    lock.lock()
    defer { lock.unlock() }
    let now = ContinuousClock.now
    let first = self.first ?? (done, now)
    self.first = first
    let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
    if let lastShown, now - lastShown < interval, done < total { return }
    lastShown = now
    let seconds = (now - first.time) / .seconds(1)
    let itemsPerSecond = seconds > 0 ? Double(done - first.done) / seconds : 0
    let left = itemsPerSecond > 0 ? Double(total - done) / itemsPerSecond : .infinity
    let percent = total > 0 ? 100 * done / total : 100
    var text = "\(label)  \(done)/\(total)  \(percent) %  \(Self.format(rate ?? itemsPerSecond)) \(unit)/s"
    if done < total, left.isFinite { text += "  \(Self.time(left)) left" }
    if !note.isEmpty { text += "  \(note)" }
    write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
    isOpen = isTerminal
  }

  /// Prints a line of its own, above the progress line.
  func print(_ text: String) {
    guard !quiet else { return }
    lock.lock()
    defer { lock.unlock() }
    write((isOpen ? "\r\u{1B}[K" : "") + text + "\n")
    isOpen = false
  }

  /// Ends the line on a terminal.
  func finish() {
    if isOpen { write("\n") }
    isOpen = false
  }

  /// A log that can't be written to is no reason to end the work.
  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

  static func format(_ value: Double) -> String {
    value >= 100 ? String(format: "%.0f", value) : String(format: value >= 1 ? "%.1f" : "%.3f", value)
  }

  /// `7 s`, `3:12`, `2:05:00`.
  static func time(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded())
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return String(format: "%d:%02d", seconds / 60, seconds % 60) }
    return String(format: "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
  }
}
