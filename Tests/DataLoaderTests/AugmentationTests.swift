import ConvNet
import Data
import DataSets
import Foundation
import Images
import Random
import TestSupport
import Testing

@testable import DataLoader

@Suite("Inputs")
struct AugmentationTests {
  private let augmentation = Augmentation(seed: 3, colourAxes: [[10, 10, 10], [5, 0, -5], [0, 1, -1]])

  private func transforms(_ augmentation: Augmentation, count: Int = 4000) -> [InputTransform] {
    (0..<count).map { augmentation.transform(epoch: 2, sample: $0, crop: 224, width: 341, height: 256) }
  }

  @Test("a transform depends on seed, epoch and sample only")
  func pure() {
    let once = augmentation.transform(epoch: 4, sample: 17, crop: 10, width: 30, height: 20)
    _ = augmentation.transform(epoch: 9, sample: 1, crop: 10, width: 30, height: 20)
    #expect(augmentation.transform(epoch: 4, sample: 17, crop: 10, width: 30, height: 20) == once)
    #expect(augmentation.transform(epoch: 5, sample: 17, crop: 10, width: 30, height: 20) != once)
    #expect(augmentation.transform(epoch: 4, sample: 18, crop: 10, width: 30, height: 20) != once)
  }

  @Test("crops reach every place, half are mirrored, half are erased by 2–20 % inside the crop")
  func ranges() {
    let all = transforms(augmentation)
    #expect(Set(all.map(\.x)) == Set(0...117) && Set(all.map(\.y)) == Set(0...32))
    // 4000 fair coins give 2000 with a standard deviation of 32; five of these are 160.
    #expect(abs(all.filter(\.flipped).count - 2000) < 160)
    let erased = all.compactMap(\.erased)
    #expect(abs(erased.count - 2000) < 160)
    for rectangle in erased {
      let area = Double(rectangle.width * rectangle.height) / Double(224 * 224)
      let aspect = Double(rectangle.height) / Double(rectangle.width)
      // Sides are whole pixels: half a pixel is 3 % of a side of 17, the shortest there is (2 % of the area at aspect 3.3).
      #expect(area > 0.019 && area < 0.206 && aspect > 0.29 && aspect < 3.4, "\(rectangle)")
      #expect(
        rectangle.x >= 0 && rectangle.y >= 0 && rectangle.x + rectangle.width <= 224 && rectangle.y + rectangle.height <= 224)
    }
    let shifts = all.map { Double($0.colourShift.x) }
    let deviation = (shifts.map { $0 * $0 }.reduce(0, +) / 4000).squareRoot()
    #expect(abs(deviation - 0.1 * (100.0 + 25).squareRoot()) < 0.1, "\(deviation)")
  }

  @Test("random resized crops show a part of the picture of the shares and aspects that are asked for, and lie inside it")
  func resizedCrops() {
    let all = transforms(Augmentation(seed: 3, smallestArea: 0.25))
    var shares: [Double] = []
    for transform in all {
      guard let size = transform.size else {
        Issue.record("a crop isn't resized")
        continue
      }
      #expect(size.width >= 224 && size.height >= 224)
      #expect(transform.x >= 0 && transform.y >= 0 && transform.x + 224 <= size.width && transform.y + 224 <= size.height)
      let (width, height) = (341 * 224 / Double(size.width), 256 * 224 / Double(size.height))
      shares.append(width * height / (341 * 256))
      #expect(height / width > 0.74 && height / width < 1.35)
    }
    // Sides are whole pixels. Parts that would be wider or higher than the picture are cut, so that the mean is below 0.625.
    #expect(shares.allSatisfy { $0 > 0.248 && $0 <= 1 })
    let mean = shares.reduce(0, +) / Double(shares.count)
    #expect(mean > 0.5 && mean < 0.63, "\(mean)")
    // Without them nothing else changes.
    let plain = transforms(Augmentation(seed: 3), count: 50)
    for (own, other) in zip(all, plain) {
      #expect(own.flipped == other.flipped && own.erased == other.erased && other.size == nil)
    }
  }

  @Test("each kind can be switched off")
  func off() {
    let all = transforms(Augmentation(seed: 3, flips: false, eraseProbability: 0), count: 200)
    #expect(all.allSatisfy { !$0.flipped && $0.erased == nil && $0.colourShift == SIMD3() })
    #expect(transforms(Augmentation(seed: 3, eraseProbability: 1), count: 200).allSatisfy { $0.erased != nil })
  }

  @Test(
    "resizing only the crop gives the bits of resizing everything",
    arguments: [(500, 375, 256, 224), (37, 61, 31, 31), (33, 33, 24, 24), (19, 23, 40, 33), (20, 16, 16, 8)])
  func fused(_ width: Int, _ height: Int, _ side: Int, _ crop: Int) throws {
    var random = CounterRandom(seed: 5, purpose: .test)
    let pixels = (0..<(width * height * 3)).map { _ in UInt8(random.index(below: 256)) }
    let picture = Picture(width: width, height: height, pixels: pixels)
    let mean = (0..<(3 * crop * crop)).map { Float($0 % 251) + 0.3 }
    let geometry = try InputGeometry(crop: crop, shorterSide: side)
    let prepared = try geometry.prepare(picture)
    let (settled, resized) = (try prepared.settled(), try picture.resized(shorterSide: side))
    let resizer = Resizer()
    for sample in 0..<4 {
      let transform = Augmentation(seed: 1, colourAxes: sample < 2 ? [] : [[10, 8, 6]]).transform(
        epoch: 0, sample: sample, crop: crop, width: resized.width, height: resized.height)
      for mean in [mean, nil] {
        // One input is made from the decoded picture, the other from the resized one, as a cache keeps it.
        let inputs = [prepared, settled].map { source in
          var input = [Float](repeating: .nan, count: 3 * crop * crop)
          geometry.write(source, transform, mean: mean, resizer: resizer, to: &input)
          return input
        }
        #expect(try inputs[0] == expected(resized, transform, crop: crop, mean: mean), "\(transform)")
        #expect(inputs[1] == inputs[0])
      }
    }
  }

  /// The input as it is defined, computed from the whole resized picture.
  private func expected(_ resized: Picture, _ transform: InputTransform, crop: Int, mean: [Float]?) throws -> [Float] {
    var part = try resized.cropped(x: transform.x, y: transform.y, width: crop, height: crop)
    if transform.flipped { part = part.flipped() }
    var input = [Float](repeating: 0, count: 3 * crop * crop)
    for channel in 0..<3 {
      for y in 0..<crop {
        for x in 0..<crop {
          if let erased = transform.erased, (erased.x..<(erased.x + erased.width)).contains(x),
            (erased.y..<(erased.y + erased.height)).contains(y)
          {
            continue
          }
          let index = (channel * crop + y) * crop + x
          input[index] = Float(part[x, y][channel]) + transform.colourShift[channel] - (mean?[index] ?? 0)
        }
      }
    }
    return input
  }

  @Test("the mean is exact, however the pictures are shared out")
  func mean() throws {
    var parts = [MeanAccumulator(crop: 8), MeanAccumulator(crop: 8), MeanAccumulator(crop: 8)]
    for value in 0..<10 { try parts[value % 3].add(testPicture(value * 20)) }
    #expect(parts.map(\.count) == [4, 3, 3])
    var total = parts[2]
    total.add(parts[0])
    total.add(parts[1])
    let mean = try MeanPicture(sums: total.sums, crop: 8)
    for y in 0..<8 {
      for x in 0..<8 {
        // The centre of 20×16 pixels begins at (6, 4); red is the mean of 0, 20 … 180.
        #expect(mean.values[y * 8 + x] == 90)
        #expect(mean.values[64 + y * 8 + x] == Float((6 + x) * 10))
        #expect(mean.values[128 + y * 8 + x] == Float((4 + y) * 12))
      }
    }
    #expect(mean.colour == [90, 95, 90])
    // Red, green and blue vary independently, so the variances 3300, 525 and 756 are the squared lengths of the axes.
    let lengths = mean.colourAxes.map { ($0 * $0).sum() }
    for (found, expected) in zip(lengths, [3300, 756, 525] as [Float]) { #expect(abs(found - expected) < 0.01, "\(lengths)") }
    #expect(mean.colourAxes[0].x > 57)
    #expect(throws: DataError.self) { try MeanPicture(sums: MeanAccumulator(crop: 8).sums, crop: 8) }
    #expect(throws: ImageError.self) { try parts[0].add(testPicture(1, width: 7, height: 9)) }
  }

  @Test("the principal axes of a matrix give the matrix back")
  func axes() {
    let matrix = [[4.0, 1, 0.5], [1, 3, -0.2], [0.5, -0.2, 2]]
    let axes = principalAxes(matrix)
    for row in 0..<3 {
      for column in 0..<3 {
        let value = axes.map { Double($0[row] * $0[column]) }.reduce(0, +)
        #expect(abs(value - matrix[row][column]) < 1e-5)
      }
    }
  }
}
