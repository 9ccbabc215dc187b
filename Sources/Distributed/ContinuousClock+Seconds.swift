extension ContinuousClock.Instant {
  /// Seconds from this moment until now.
  package var secondsSince: Double { (ContinuousClock.now - self) / .seconds(1) }
}
