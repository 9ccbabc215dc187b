import Testing

@testable import Images

/// Sizes that a filter leads from and to.
private struct Pair: CustomStringConvertible {
  let input: Int
  let output: Int
  var description: String { "\(input) to \(output)" }
}

@Suite("Resampling")
struct ResamplingTests {
  private static let one = 1 << 22

  /// Every pair of sizes in release; in a debug build, where each takes 50 times as long, every 397th.
  private static var pairs: StrideTo<Int> {
    #if DEBUG
      stride(from: 0, to: 4_000_000, by: 397)
    #else
      stride(from: 0, to: 4_000_000, by: 1)
    #endif
  }

  @Test("every pair of sizes up to 2000 gives a filter, whose weights add up to one, at the ends and anywhere between")
  func everyPair() {
    var filter = ResamplingFilter()
    var problems: [String] = []
    for number in Self.pairs {
      let pair = Pair(input: number % 2000 + 1, output: number / 2000 + 1)
      // The beginning, the end or another place for each pair, spread by a large prime.
      let length = min(pair.output, 8)
      let last = pair.output - length
      let start = [0, last, number &* 1_000_003 % (last + 1)][number % 3]
      filter.set(from: pair.input, to: pair.output, window: start..<(start + length), reversed: number % 2 == 1)
      check(filter, pair, count: length, &problems)
    }
    #expect(problems.isEmpty, "\(problems.count) problems, the first are \(problems.prefix(5))")
  }

  @Test(
    "all outputs of sizes that rounding is hard on",
    arguments: [1, 2, 3, 7, 9, 15, 31, 40, 43, 63, 93, 126, 150, 170, 196, 225, 255, 340, 365, 1000, 1999, 2000])
  func hardSizes(_ input: Int) {
    var filter = ResamplingFilter()
    var problems: [String] = []
    #if DEBUG
      let outputs = stride(from: 1, through: 2000, by: 31)
    #else
      let outputs = stride(from: 1, through: 2000, by: 1)
    #endif
    for output in outputs {
      filter.set(from: input, to: output, window: 0..<output)
      check(filter, Pair(input: input, output: output), count: output, &problems)
    }
    #expect(problems.isEmpty, "\(problems.count) problems, the first are \(problems.prefix(5))")
  }

  /// Adds what is wrong with a filter to `problems`.
  private func check(_ filter: ResamplingFilter, _ pair: Pair, count: Int, _ problems: inout [String]) {
    let most = pair.input > pair.output ? (2 * pair.input + pair.output - 1) / pair.output : 2
    if filter.taps < 1 || filter.taps > min(most, pair.input) { problems.append("\(pair): \(filter.taps) taps") }
    if filter.starts.count != count || filter.weights.count != count * filter.taps { problems.append("\(pair): counts") }
    for (output, start) in filter.starts.enumerated() {
      var sum = 0
      for tap in 0..<filter.taps {
        let weight = Int(filter.weights[output * filter.taps + tap])
        if weight < 0 { problems.append("\(pair): a negative weight") }
        sum += weight
      }
      // Each weight is rounded. White stays white as long as this is below half of one divided by 255, which is 8,223.
      if abs(sum - Self.one) > filter.taps / 2 + 1 { problems.append("\(pair): the weights add up to \(sum)") }
      if start < filter.inputs.lowerBound || Int(start) + filter.taps > filter.inputs.upperBound {
        problems.append("\(pair): output \(output) starts at \(start), inputs are \(filter.inputs)")
      }
    }
    if filter.inputs.lowerBound < 0 || filter.inputs.upperBound > pair.input { problems.append("\(pair): \(filter.inputs)") }
  }

  @Test(
    "a window of the filter is a part of the whole one, and reversed it runs backwards",
    arguments: [(255, 435), (43, 64), (126, 188), (500, 341), (2000, 3), (1, 17), (365, 415), (31, 31)])
  func windows(_ input: Int, _ output: Int) {
    var whole = ResamplingFilter()
    whole.set(from: input, to: output, window: 0..<output)
    let expected = dense(whole, input)
    for window in [0..<1, 0..<output, (output / 3)..<(output / 2 + 1), (output - 1)..<output] {
      for reversed in [false, true] {
        var filter = ResamplingFilter()
        filter.set(from: input, to: output, window: window, reversed: reversed)
        let part = Array(expected[window])
        #expect(dense(filter, input) == (reversed ? part.reversed() : part))
      }
    }
  }

  /// [outputs][input], the weights with all zeros.
  private func dense(_ filter: ResamplingFilter, _ input: Int) -> [[Int32]] {
    filter.starts.enumerated().map { output, start in
      var row = [Int32](repeating: 0, count: input)
      for tap in 0..<filter.taps { row[Int(start) + tap] += filter.weights[output * filter.taps + tap] }
      return row
    }
  }

  @Test("equal sizes keep every pixel")
  func identity() {
    var filter = ResamplingFilter()
    for size in 1...2000 {
      filter.set(from: size, to: size, window: 0..<size)
      #expect(filter.taps == 1 && filter.weights.allSatisfy { $0 == 1 << 22 } && filter.starts == (0..<Int32(size)).map { $0 })
    }
  }

  /// The sizes of `Golden/resize-strips.rgb`: those that once had a tap too many when enlarged, and others.
  private static let strips = [
    (255, 435), (255, 319), (340, 444), (365, 415), (225, 825), (126, 188), (63, 89), (93, 117), (43, 64), (31, 39), (15, 55),
    (3, 47), (170, 298), (196, 1540), (1, 9), (2, 1), (500, 341), (375, 256), (2000, 256), (1999, 31), (612, 75),
  ]

  @Test("rows and columns of many sizes are within a level of Pillow's bilinear filter")
  func pillow() throws {
    let golden = try Golden.bytes("resize-strips.rgb")
    var start = 0
    for (input, output) in Self.strips {
      let source = Picture(width: input, height: 1) { target in
        for i in target.indices { target[i] = Self.noise(i) }
      }
      let expected = Picture(width: output, height: 1, pixels: Array(golden[start..<(start + output * 3)]))
      start += output * 3
      #expect(difference(try source.resized(width: output, height: 1), expected).largest <= 1, "\(input) to \(output)")
      let column = try source.oriented(.transposed).resized(width: 1, height: output)
      #expect(difference(column, expected.oriented(.transposed)).largest <= 1, "\(input) to \(output), upright")
    }
    #expect(start == golden.count)
  }

  /// As the recipe makes it.
  private static func noise(_ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt32(truncatingIfNeeded: index) &* 2_654_435_761) >> 24)
  }

  @Test("one colour stays that colour, enlarged and reduced", arguments: [(63, 43), (255, 150), (126, 43), (340, 196), (1, 200)])
  func colours(_ width: Int, _ height: Int) throws {
    for value: UInt8 in [100, 255] {
      let picture = Picture(width: width, height: height) { $0.update(repeating: value) }
      for side in [1, 31, 64, 201] {
        #expect(try picture.resized(shorterSide: side).pixels.allSatisfy { $0 == value }, "\(picture) to \(side)")
      }
    }
  }
}
