import ConvNet
import Images
import Random
import Testing

@testable import DataSets

@Suite("Boxes in a picture's frame")
struct PictureFrameTests {
  private func boxes(
    _ corners: [Int], of size: (Int, Int), in frame: (Int, Int), _ orientation: Orientation = .upright
  ) throws -> (boxes: [[Int]], warning: String?) {
    let box = try #require(BoundingBox(wnid: "a", corners: corners))
    let framed = Annotation(width: size.0, height: size.1, boxes: [box])
      .boxes(in: PictureFrame(width: frame.0, height: frame.1, orientation: orientation))
    return (framed.boxes.map { [$0.xmin, $0.ymin, $0.xmax, $0.ymax] }, framed.warning)
  }

  @Test("boxes of the stored picture turn as its pixels do", arguments: Orientation.allCases, [UInt64(1), 2, 3])
  func turned(_ orientation: Orientation, _ seed: UInt64) throws {
    var random = CounterRandom(seed: seed, purpose: .test)
    func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(random.next32()) % range.count }
    let (width, height) = (number(4...20), number(21...40))
    let (x, y) = (number(0...(width - 1)), number(0...(height - 1)))
    let (right, bottom) = (number(x...(width - 1)), number(y...(height - 1)))
    var stored = Picture(width: width, height: height, pixels: [UInt8](repeating: 0, count: width * height * 3))
    for column in x...right { for row in y...bottom { stored[column, row] = [255, 255, 255] } }
    let upright = stored.oriented(orientation)
    let painted = (0..<upright.width * upright.height).filter { upright.pixels[3 * $0] > 0 }
    let (columns, rows) = (painted.map { $0 % upright.width }, painted.map { $0 / upright.width })
    let found = try boxes([x, y, right, bottom], of: (width, height), in: (upright.width, upright.height), orientation)
    #expect(found.boxes == [[columns.min(), rows.min(), columns.max(), rows.max()].compactMap { $0 }], "seed \(seed)")
    // Only a turn by a quarter shows in the size.
    #expect((found.warning != nil) == (orientation != .upright && !orientation.swapsSides))
  }

  @Test("the shape of the annotation's size tells the frame of a picture that is turned by a quarter, of any size")
  func quarter() throws {
    // The upright picture has 200×300 pixels.
    #expect(try boxes([20, 30, 119, 89], of: (300, 200), in: (200, 300), .rotatedRight) == ([[110, 20, 169, 119]], nil))
    #expect(try boxes([110, 20, 169, 119], of: (200, 300), in: (200, 300), .rotatedRight) == ([[110, 20, 169, 119]], nil))
    #expect(try boxes([40, 60, 239, 179], of: (600, 400), in: (200, 300), .rotatedRight) == ([[110, 20, 169, 119]], nil))
    #expect(try boxes([220, 40, 339, 239], of: (400, 600), in: (200, 300), .rotatedRight) == ([[110, 20, 169, 119]], nil))
    // A square shows nothing: the boxes are taken as drawn in the stored picture.
    let square = try boxes([0, 0, 9, 19], of: (100, 100), in: (100, 100), .rotatedRight)
    #expect(square.boxes == [[80, 0, 99, 9]] && square.warning?.contains("taken as drawn in the stored") == true)
    // Without a size the boxes are in pixels of the stored picture.
    #expect(try boxes([20, 30, 119, 89], of: (0, 0), in: (200, 300), .rotatedRight).boxes == [[110, 20, 169, 119]])
  }

  @Test("boxes move with a picture that was made smaller or larger, and stay where the size isn't known")
  func scaled() throws {
    #expect(try boxes([100, 0, 199, 374], of: (500, 375), in: (250, 125)) == ([[50, 0, 99, 124]], nil))
    #expect(try boxes([100, 0, 199, 374], of: (0, 0), in: (500, 375)) == ([[100, 0, 199, 374]], nil))
    #expect(try boxes([7, 7, 7, 7], of: (1000, 1000), in: (10, 10)) == ([[0, 0, 0, 0]], nil))
    #expect(try boxes([1, 1, 2, 2], of: (10, 10), in: (100, 100)) == ([[10, 10, 29, 29]], nil))
    // A box that reaches out of the picture stays as it is; one without a pixel in the picture is left out.
    #expect(try boxes([-5, 0, 12, 9], of: (10, 10), in: (10, 10)) == ([[-5, 0, 12, 9]], nil))
    let outside = try boxes([50, 50, 60, 60], of: (0, 0), in: (40, 40))
    #expect(outside.boxes.isEmpty && outside.warning?.contains("outside") == true)
  }

  @Test("a picture that was turned without a mark is said: its boxes stay where they fit, and are left out where they don't")
  func unmarked() throws {
    let fits = try boxes([1, 1, 50, 60], of: (125, 250), in: (250, 125))
    #expect(fits.boxes == [[1, 1, 50, 60]] && fits.warning?.contains("taken as they are") == true)
    let outside = try boxes([1, 1, 50, 200], of: (125, 250), in: (250, 125))
    #expect(outside.boxes.isEmpty && outside.warning?.contains("left out") == true)
    #expect(try boxes([1, 1, 50, 60], of: (250, 500), in: (250, 125)).boxes.isEmpty)
  }

  @Test("the largest numbers that a box may have move without an overflow", arguments: Orientation.allCases)
  func limits(_ orientation: Orientation) throws {
    let most = BoundingBox.corners
    let corners = [most.lowerBound, most.lowerBound, most.upperBound, most.upperBound]
    for size in [(1, 1), (1, most.upperBound), (0, 0), (most.upperBound, 7)] {
      let framed = try boxes(corners, of: size, in: (300, 200), orientation)
      for found in framed.boxes { #expect(BoundingBox(wnid: "a", corners: found) != nil) }
    }
    let whole = try #require(BoundingBox(wnid: "a", corners: corners))
    #expect(whole.overlap(with: whole) == 1)
    #expect(BoundingBox(wnid: "a", corners: [Int.min, 0, 1, 1]) == nil && BoundingBox(wnid: "a", corners: [2, 0, 1, 1]) == nil)
  }
}
