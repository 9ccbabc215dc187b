import Testing

@testable import Pages

@Suite("Charts of lines")
struct LineChartTests {
  @Test("ticks are round numbers within the range")
  func ticks() {
    for (low, high) in [(0.0, 7.0), (0, 0.034), (3, 90), (-2, 5), (0, 1e-9), (12, 12.5)] {
      let ticks = LineChart.ticks(low, high, about: 5)
      #expect(
        (3...8).contains(ticks.count) && ticks.allSatisfy { $0 >= low - 1e-9 && $0 <= high + 1e-9 }, "\(low) \(high) \(ticks)")
    }
  }
}
