import Foundation

/// A line that shows the progress of the work. On a terminal it is rewritten in place; elsewhere a new line is printed every few
/// seconds.
///
/// Any thread may show progress, but only one at a time.
///
/// `train  1200/5000  24 %  312 img/s  3:12 left  loss 2.13`. It goes to standard error, so that the output can be piped.
final class ProgressLine: @unchecked Sendable {
  // Unchecked: what changes is guarded by `lock`.
  private let lock = NSLock()
  private let label: String
  private let unit: String
  private let isTerminal: Bool
  private let quiet: Bool
  private var lastShown: ContinuousClock.Instant?
  /// What was done when the line was first shown. Items of earlier runs, and the time of the start, don't count for the speed.
  private var first: (done: Int, time: ContinuousClock.Instant)?
  private var isOpen = false

  init(_ label: String, unit: String, quiet: Bool) {
    self.label = label
    self.unit = unit
    self.quiet = quiet
    // Under mpirun the ranks' standard error isn't a terminal even if mpirun's own is one; then launch.sh sets the variable.
    isTerminal = isatty(2) == 1 || ProcessInfo.processInfo.environment["DEEPINSIDE_TERMINAL"] == "1"
  }

  /// - Parameters:
  ///   - done: the number of items done of `total`, including those of earlier runs.
  ///   - rate: units per second, if the caller knows better than items divided by time.
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
    let speed = rate ?? itemsPerSecond
    var text = "\(label)  \(done)/\(total)  \(percent) %"
    // Nothing is known of it at the first item.
    if speed > 0 { text += "  \(Self.format(speed)) \(unit)/s" }
    if done < total, left.isFinite { text += "  \(Self.time(left)) left" }
    if !note.isEmpty { text += "  \(note)" }
    write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
    isOpen = isTerminal
  }

  /// Prints a separate line above the progress line.
  func print(_ text: String) {
    guard !quiet else { return }
    lock.lock()
    defer { lock.unlock() }
    write((isOpen ? "\r\u{1B}[K" : "") + text + "\n")
    isOpen = false
  }

  /// Ends the line, on a terminal.
  func finish() {
    if isOpen { write("\n") }
    isOpen = false
  }

  /// If the log can't be written to, the work goes on.
  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

  static func format(_ value: Double) -> String {
    value >= 100 ? String(format: "%.0f", value) : String(format: value >= 1 ? "%.1f" : "%.3f", value)
  }

  /// A duration as text: `7 s`, `3:12`, `2:05:00`.
  static func time(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded())
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return String(format: "%d:%02d", seconds / 60, seconds % 60) }
    return String(format: "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
  }
}
