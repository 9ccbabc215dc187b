import ConvNet
import Foundation
import Images
import Testing

@testable import Trainer

@Suite("Inputs")
struct DataAugmentationTests {
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
    // 4000 fair coins: 2000 with a deviation of 32; 5 deviations are 160.
    #expect(abs(all.filter(\.flipped).count - 2000) < 160)
    let erased = all.compactMap(\.erased)
    #expect(abs(erased.count - 2000) < 160)
    for rectangle in erased {
      let area = Double(rectangle.width * rectangle.height) / Double(224 * 224)
      let aspect = Double(rectangle.height) / Double(rectangle.width)
      // Whole pixels: half a pixel of a side of 17 or more (the shortest: 2 % at aspect 3.3) is 3 %.
      #expect(area > 0.019 && area < 0.206 && aspect > 0.29 && aspect < 3.4, "\(rectangle)")
      #expect(
        rectangle.x >= 0 && rectangle.y >= 0 && rectangle.x + rectangle.width <= 224 && rectangle.y + rectangle.height <= 224)
    }
    let shifts = all.map { Double($0.colourShift.x) }
    let deviation = (shifts.map { $0 * $0 }.reduce(0, +) / 4000).squareRoot()
    #expect(abs(deviation - 0.1 * (100.0 + 25).squareRoot()) < 0.1, "\(deviation)")
  }

  @Test("each kind can be switched off")
  func off() {
    let all = transforms(Augmentation(seed: 3, flips: false, eraseProbability: 0), count: 200)
    #expect(all.allSatisfy { !$0.flipped && $0.erased == nil && $0.colourShift == SIMD3() })
    #expect(transforms(Augmentation(seed: 3, eraseProbability: 1), count: 200).allSatisfy { $0.erased != nil })
  }

  @Test("the input is the cropped, mirrored picture plus the shift minus the mean, with zeros in the rectangle")
  func input() {
    let picture = testPicture(9)
    let crop = 8
    let mean = (0..<(3 * crop * crop)).map { Float($0) / 4 }
    var transform = InputTransform(x: 5, y: 3)
    transform.flipped = true
    transform.colourShift = [1, -2, 0.5]
    transform.erased = PixelRectangle(x: 1, y: 2, width: 3, height: 4)
    var input = [Float](repeating: .nan, count: 3 * crop * crop)
    input.withUnsafeMutableBufferPointer {
      writeInput(picture, transform: transform, crop: crop, mean: mean, to: $0.baseAddress!)
    }
    for channel in 0..<3 {
      for y in 0..<crop {
        for x in 0..<crop {
          let index = (channel * crop + y) * crop + x
          let isErased = (1..<4).contains(x) && (2..<6).contains(y)
          let pixel = Float(picture[5 + crop - 1 - x, 3 + y][channel])
          #expect(input[index] == (isErased ? 0 : pixel + transform.colourShift[channel] - mean[index]))
        }
      }
    }
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
        // The centre of 20×16: from (6, 4); red is the mean of 0, 20 … 180.
        #expect(mean.values[y * 8 + x] == 90)
        #expect(mean.values[64 + y * 8 + x] == Float((6 + x) * 10))
        #expect(mean.values[128 + y * 8 + x] == Float((4 + y) * 12))
      }
    }
    #expect(mean.colour == [90, 95, 90])
    // Red, green and blue vary independently: variances 3300, 525 and 756 are the axes' squared lengths.
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
