import Foundation
import Testing

@testable import Checkpoint

@Suite("Statistics")
struct StatisticsTests {
  @Test("Statistics of pieces are those of the whole")
  func statistics() {
    let values = (0..<1000).map { index in index % 97 == 0 ? Float.nan : Float(sin(Double(index))) + 1000 }
    var whole = Statistics()
    values.withUnsafeBufferPointer { whole.add($0) }
    for size in [1, 2, 3, 97, 999] {
      var joined = Statistics()
      for start in stride(from: 0, to: values.count, by: size) {
        Array(values[start..<min(start + size, values.count)]).withUnsafeBufferPointer { joined.add($0) }
      }
      #expect(joined.minimum == whole.minimum && joined.maximum == whole.maximum && joined.nonFinite == whole.nonFinite)
      #expect(abs(joined.mean - whole.mean) < 1e-9 && abs(joined.deviation - whole.deviation) < 1e-9, "\(size)")
    }
    #expect(abs(whole.deviation - 0.7075) < 0.001 && whole.nonFinite == 11)
    let nothing = Statistics()
    #expect(nothing.minimum.isNaN && nothing.mean.isNaN && nothing.deviation.isNaN)
  }
}
