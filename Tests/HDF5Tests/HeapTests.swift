import Foundation
import TestSupport
import Testing

@testable import HDF5

/// Strings of variable length are stored in collections without checksums.
@Suite struct HeapTests {
  @Test("Any changed bit of a collection of texts is an error or gives a text, and never a crash")
  func flippedBits() throws {
    let scratch = try TemporaryFolder()
    let path = scratch.path("x.h5")
    try HDF5File.write(to: path) { file throws(HDF5Error) in
      for index in 0..<6 {
        try file.setAttribute("text\(index)", to: String(repeating: "ä\(index)", count: 1 + index * index * 40))
      }
    }
    let whole = try scratch.bytes("x.h5")
    let start = try #require(whole.range(of: Data("GCOL".utf8))).lowerBound
    var refused = 0
    // Flips bits in the header and the first strings, whose sizes are the numbers that matter.
    for bit in 0..<(8 * 400) {
      var bytes = whole
      bytes[start + bit / 8] ^= 1 << (bit % 8)
      try scratch.write(bytes, to: "y.h5")
      do {
        let file = try HDF5File.open(at: scratch.path("y.h5"))
        for index in 0..<6 { _ = try file.attribute("text\(index)") }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 100)
    #expect(HDF5Heaps(path).problem == nil)
  }
}
