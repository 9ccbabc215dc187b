import Data

extension PackSettings {
  /// The first impossible number, as `name number`; nil if there is none. Rows of an index are counted in 32 bits.
  var problem: String? {
    let counts = [("classes", classes)] + pictures.sorted { $0.key < $1.key } + shardPictures.sorted { $0.key < $1.key }
    if let wrong = counts.first(where: { !(0...Int(Int32.max)).contains($0.1) }) { return "\(wrong.0) \(wrong.1)" }
    if !(1...InputGeometry.largestSide).contains(shorterSide) { return "a shorter side of \(shorterSide)" }
    return (1...100).contains(quality) ? nil : "a quality of \(quality)"
  }
}
