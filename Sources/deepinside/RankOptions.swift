import ArgumentParser
import Cluster

/// The options of commands that run for long on many ranks.
struct RankOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Name a rank that makes no progress for so long: 60s, 10min, 1h.", valueName: "time"))
  var stallWarning = TimeSpan(seconds: 60)

  @Option(help: ArgumentHelp("End the job when one makes none for so long.", valueName: "time"))
  var stallLimit = TimeSpan(seconds: 600)

  var stalls: StallLimits { StallLimits(warning: stallWarning.seconds, limit: stallLimit.seconds) }
}

/// A duration: `60s`, `10min`, `1.5h`.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
  let seconds: Double
  /// The longest duration in seconds, about thirty years.
  private static let longest = 1e9

  init(seconds: Double) { self.seconds = seconds }

  init?(argument: String) {
    for (unit, factor) in [("min", 60.0), ("s", 1), ("h", 3600)] where argument.hasSuffix(unit) {
      guard let value = Double(argument.dropLast(unit.count)), value > 0, value * factor <= Self.longest else { return nil }
      self.init(seconds: value * factor)
      return
    }
    return nil
  }

  var description: String {
    seconds.truncatingRemainder(dividingBy: 60) == 0 && seconds > 60 ? "\(Int(seconds / 60))min" : "\(Int(seconds))s"
  }

  var defaultValueDescription: String { description }
}
