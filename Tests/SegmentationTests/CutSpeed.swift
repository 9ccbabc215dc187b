import Foundation
import Images
import Testing

@testable import Segmentation

/// Not a test but a measurement: `CUT_SPEED=DIR swift test -c release --filter CutSpeed`, DIR a folder of photographs.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["CUT_SPEED"] != nil))
struct CutSpeed {
  /// Each picture at 500×375, whatever its own shape, with a map that is a noisy bump in the middle: seeds by quantiles, colour
  /// models, one cut.
  @Test("of photographs of 500×375, one thread")
  func photographs() throws {
    let folder = ProcessInfo.processInfo.environment["CUT_SPEED"] ?? "."
    let (width, height) = (500, 375)
    var state: UInt64 = 1
    let map = (0..<(width * height)).map { index -> Float in
      let (x, y) = (Float(index % width) / Float(width) - 0.5, Float(index / width) / Float(height) - 0.5)
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return exp(-(x * x + y * y) / 0.09) * (0.3 + 0.7 * Float(state >> 40) / Float(1 << 24))
    }
    let sorted = map.sorted()
    let (low, high) = (sorted[map.count * 3 / 10], sorted[map.count * 95 / 100])
    let seeds = map.map { $0 > high ? PixelSeed.probableForeground : $0 < low ? .probableBackground : .unknown }
    var cuts: [Double] = []
    var models: [Double] = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() where (name as NSString).pathExtension != ""
    {
      let picture = try Picture(contentsOf: "\(folder)/\(name)").resized(width: width, height: height)
      let segmenter = GraphCutSegmenter(picture)
      var seconds = SegmentationSeconds()
      _ = segmenter.segment(seeds: seeds, seconds: &seconds)
      cuts.append(seconds.cut)
      models.append(seconds.models)
    }
    for (name, values) in [("graph and cut", cuts.sorted()), ("colour models", models.sorted())] {
      let quantiles = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1].map { values[Int($0 * Double(values.count - 1))] }
      print("\(name) of \(values.count) photographs, least, 10 %, 25 %, 50 %, 75 %, 90 %, most:")
      print("  " + quantiles.map { String(format: "%.3f s", $0) }.joined(separator: "  "))
    }
  }
}
