import Testing

@testable import ConvNet

@Suite struct GradientTreeTests {
  /// Sums by halves, as text: `((0+1)+(2+3))`.
  private func halved(_ range: Range<Int>) -> String {
    if range.count == 1 { return "\(range.lowerBound)" }
    let middle = (range.lowerBound + range.upperBound) / 2
    return "(\(halved(range.lowerBound..<middle))+\(halved(middle..<range.upperBound)))"
  }

  @Test("Leaf after leaf, with what waits, makes the tree of halves", arguments: 1...33)
  func order(leaves: Int) {
    var waiting = [String](repeating: "?", count: GradientTree.depth(of: leaves))
    var sum = ""
    for leaf in 0..<leaves {
      let (added, kept) = GradientTree.place(of: leaf, in: leaves)
      sum = added.reduce("\(leaf)") { "(\(waiting[$1])+\($0))" }
      if let kept { waiting[kept] = sum }
    }
    #expect(sum == halved(0..<leaves))
  }
}
