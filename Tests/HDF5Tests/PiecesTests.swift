import Foundation
import TestSupport
import Testing

@testable import HDF5

@Suite("Data sets in pieces")
struct PiecesTests {
  @Test("Boxes cover a shape once, in C order, none larger than asked for unless one element is")
  func boxes() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      let shape = (0..<Int.random(in: 0...4, using: &random)).map { _ in Int.random(in: 1...7, using: &random) }
      let width = [1, 4, 10].randomElement()!, most = Int.random(in: 1...600, using: &random)
      let boxes = RowBoxes(shape: shape, width: width, most: most)
      var places: [Int] = []
      for index in 0..<boxes.count {
        let box = boxes.box(index)
        let found = positions(of: box, in: shape)
        #expect(found.count * width <= max(most, width) && found.count * width <= boxes.largestBytes, "\(shape) \(width) \(most)")
        places += found
      }
      #expect(places == Array(0..<shape.reduce(1, *)), "\(shape) \(width) \(most)")
    }
  }

  /// The places of a box's elements in C order.
  private func positions(of box: (start: [Int], sizes: [Int]), in shape: [Int]) -> [Int] {
    zip(shape, zip(box.start, box.sizes)).reduce([0]) { places, axis in
      places.flatMap { place in (axis.1.0..<axis.1.0 + axis.1.1).map { place * axis.0 + $0 } }
    }
  }

  @Test("Pieces of every size make up the bytes of the data set; scalars and texts too")
  func pieces() throws {
    let scratch = try TemporaryFolder()
    let path = scratch.path("pieces.h5")
    let values = (0..<3 * 5 * 7).map { Float($0) * 0.5 }
    let file = try HDF5File.create(at: path)
    try file.write(values, shape: [3, 5, 7], to: "cube")
    try file.write([42 as Float], shape: [], to: "scalar")
    try file.write([Float](), shape: [0, 4], to: "nothing")
    try file.write(["one", "twenty", "three"], to: "texts")
    try file.close()
    for name in ["cube", "scalar", "nothing", "texts"] {
      let whole = try bytes(of: name, in: path, pieceBytes: nil)
      for pieceBytes in [1, 4, 27, 28, 29, 140, 141, 419, 420, 1 << 20] {
        #expect(try bytes(of: name, in: path, pieceBytes: pieceBytes) == whole, "\(name) in pieces of \(pieceBytes)")
      }
    }
  }

  private func bytes(of name: String, in path: String, pieceBytes: Int?) throws -> [UInt8] {
    let file = try HDF5File.open(at: path)
    let found = try file.dataSet(name)
    guard let pieceBytes else {
      var whole = [UInt8](repeating: 0, count: found.byteCount)
      try whole.withUnsafeMutableBytes { try file.readStored(found, into: $0) }
      return whole
    }
    var joined: [UInt8] = []
    try file.readPieces(found, pieceBytes: pieceBytes) { joined += $0 }
    return joined
  }
}
