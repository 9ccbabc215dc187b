import ConvNet
import Images
import Random
import TestSupport
import Testing

@testable import Attribution
@testable import Visualize

@Suite struct SaliencyCropTests {
  @Test("Ten crops give the mean of the maps at their places; SmoothGrad's noise doesn't depend on the batch")
  func tenCrops() throws {
    let store = try smallNet()
    let shape = store.network.input
    var random = CounterRandom(seed: 3, purpose: .test)
    let pictures = try [(40, 30), (18, 25), (90, 20)].map { width, height in
      let pixels = (0..<(width * height * 3)).map { _ in UInt8(truncatingIfNeeded: random.next32()) }
      return try TestPicture(Picture(width: width, height: height, pixels: pixels), geometry: shape.geometry, crops: .ten)
    }
    let mean = (0..<shape.count).map { Float($0 % 50) }
    let explained = pictures.enumerated().map { ExplainedPicture(picture: $1, classIndex: $0 == 1 ? nil : 2, stream: UInt64($0)) }
    var options = SaliencyMethodOptions()
    options.samples = 2
    for method in [Backpropagation(rule: .gradient), try NoisyCopies.smoothGrad(options, store.network)] as [any SaliencyMethod] {
      let together = try SaliencyMapper(store, method: method, batch: 7).maps(of: explained, mean: mean)
      for (index, picture) in explained.enumerated() {
        let alone = try SaliencyMapper(store, method: method, batch: 16).maps(of: [picture], mean: mean)[0]
        #expect(together[index].classIndex == alone.classIndex)
        #expect(together[index].size == picture.picture.resized.size)
        #expect(distance(alone.map, together[index].map) < 1e-4 * rms(alone.map))
      }
    }
    let found = try SaliencyMapper(store, method: Backpropagation(rule: .gradient), batch: 16).maps(of: explained, mean: mean)[0]
    var average = MapAverage(size: pictures[0].resized.size)
    for place in pictures[0].places {
      let crop = try Tensor(count: 1, shape: shape)
      _ = crop[0].update(fromContentsOf: pictures[0].input(place, mean: mean))
      let mapper = try SaliencyMapper(store, method: Backpropagation(rule: .gradient), batch: 1)
      average.add(try mapper.maps(of: crop, classes: [2])[0].map, width: 16, at: place)
    }
    #expect(distance(found.map, average.average) < 1e-4 * rms(found.map))
  }
}
