import Images
import TestSupport
import Testing

@testable import Attribution

@Suite("Average of maps")
struct MapAverageTests {
  @Test("mirrored crops are turned back, and every pixel is divided by the crops that cover it")
  func average() {
    var average = MapAverage(size: PictureSize(width: 4, height: 3))
    average.add([1, 2, 3, 4], width: 2, at: CropPlace(x: 0, y: 0))
    average.add([10, 20, 30, 40], width: 2, at: CropPlace(x: 1, y: 0, mirrored: true))
    average.add([6, 6, 6, 6], width: 2, at: CropPlace(x: 2, y: 1))
    #expect(average.average == [1, 11, 10, 0, 3, 22, 18, 6, 0, 0, 6, 6])
  }

  @Test("the ten crops cover every pixel of a picture whose longer side is below two crops")
  func coverage() {
    let size = PictureSize(width: 11, height: 8)
    var average = MapAverage(size: size)
    for place in TestCrops.ten.places(crop: 7, in: size) {
      average.add([Float](repeating: 3, count: 49), width: 7, at: place)
    }
    #expect(average.average.allSatisfy { $0 == 3 })
  }
}
