import ConvNet
import Files
import Foundation
import HDF5
import Images
import Random
import Results
import TestSupport
import Testing

@testable import Attribution
@testable import Visualize

@Suite(.serialized) struct ReconstructionTests {
  @Test("A patch is the gradient of its unit's activation, and lies in what the unit sees", arguments: ["conv1", "pool1", "fc2"])
  func differences(layer: String) throws {
    let store = try smallNet()
    let shape = store.network.input
    let reconstructor = try Reconstructor(store, layer: layer, rule: .gradient, batch: 2, compute: ComputeSettings())
    var random = CounterRandom(seed: 5, purpose: .test)
    let pixels = (0..<(18 * 18 * 3)).map { _ in UInt8(truncatingIfNeeded: random.next32()) }
    let picture = try TestPicture(Picture(width: 18, height: 18, pixels: pixels), geometry: shape.geometry)
    let mean = [Float](repeating: 120, count: shape.count)
    let activations = try reconstructor.forward([picture], mean: mean).activations
    let unit = UnitChoice(count: 1).units(in: activations[0], reconstructor.shape)[0]
    let all = Array(activations[0])
    #expect(unit.activation == all.max())
    let patch = try reconstructor.reconstruct([unit])[0]

    let plan = try Plan(store, batch: 1, purpose: .inputGradient)
    func activation(_ at: Int, _ change: Float) throws -> Float {
      let image = try Tensor(count: 1, shape: shape)
      _ = image[0].update(fromContentsOf: picture.input(picture.places[0], mean: mean))
      image[0][at] += change
      _ = plan.forward(image)
      let found = try plan.activation(of: layer)
      return found[0][(unit.channel * found.shape.height + unit.y) * found.shape.width + unit.x]
    }
    var checked = 0
    for at in stride(from: 0, to: shape.count, by: 5) {
      let (channel, y, x) = (at / shape.area, at / 16 % 16, at % 16)
      let (up, down) = try (activation(at, 0.5) - activation(at, 0), activation(at, 0) - activation(at, -0.5))
      guard patch.rows.contains(y), patch.columns.contains(x) else {
        #expect(up == 0 && down == 0, "a pixel outside of the field matters")
        continue
      }
      // Away from the kinks of ReLU and pooling both one-sided differences agree.
      guard abs(up - down) < 0.02 * abs(up) + 1e-4 else { continue }
      let value =
        patch.values[
          (channel * patch.rows.count + y - patch.rows.lowerBound) * patch.columns.count + x - patch.columns.lowerBound]
      #expect(abs(up + down - value) < 0.02 * abs(value) + 2e-3, "\(channel), \(y), \(x)")
      checked += 1
    }
    #expect(checked > 3)
  }

  @Test("The field of a unit follows kernels, strides and paddings") func receptiveField() throws {
    let network = try Preset.cnnF.network(classes: 10)
    func field(_ layer: String, _ y: Int, _ x: Int) throws -> [Range<Int>] {
      let found = network.receptiveField(of: try network.index(of: layer), y: y, x: x)
      return [found.rows, found.columns]
    }
    #expect(try field("conv1", 2, 0) == [8..<19, 0..<11])
    #expect(try field("pool1", 1, 1) == [8..<27, 8..<27])
    #expect(try field("conv2", 2, 2) == [0..<51, 0..<51])
    #expect(try field("conv5", 6, 6)[0].count == 163)
    let full = try field("fc6", 0, 0)[0]
    #expect(full.lowerBound <= 0 && full.upperBound >= 223)
  }

  @Test("Units are those of the strongest channels, of one channel, or at one place") func choice() throws {
    let shape = Shape(channels: 3, height: 2, width: 2)
    let values: [Float] = [0, 5, 1, 2, 9, 0, 0, 8, 7, 3, 7, 1]
    let tensor = try Tensor(count: 1, shape: shape)
    _ = tensor[0].update(fromContentsOf: values)
    func places(_ choice: UnitChoice) -> [[Float]] { choice.units(in: tensor[0], shape).map(\.row) }
    #expect(places(UnitChoice(count: 2)) == [[1, 0, 0, 9], [2, 0, 0, 7]])
    #expect(places(UnitChoice(count: 3, channel: 1)) == [[1, 0, 0, 9], [1, 1, 1, 8], [1, 0, 1, 0]])
    #expect(places(UnitChoice(count: 9, channel: 0, place: (1, 1))) == [[0, 1, 1, 2]])
    #expect(throws: ResultsError.self) { try UnitChoice(channel: 3).check("conv1", shape) }
    #expect(throws: ResultsError.self) { try UnitChoice(place: (0, 2)).check("conv1", shape) }
  }

  @Test("Reconstructions are the same on any number of ranks, and a second run does only what is missing") func ranks() throws {
    let fixture = try ResultFixture()
    for index in 0..<5 { try fixture.writePicture("p\(index).png", seed: UInt64(index), width: 30 + index) }
    for ranks in [1, 3] {
      let output = fixture.folder.path("out\(ranks)")
      let result = try fixture.reconstruct(ranks: ranks, output: output)
      #expect(result.exitCode == 0 && result.output.contains("done 5 skipped 0 failed 0"), "\(result)")
      for index in 0..<5 {
        let one = fixture.folder.path("out1")
        let found = try fixture.data("p\(index)", "/reconstructions", output: output)
        #expect(found.shape == [4, 3, 5, 5])
        let expected = try fixture.data("p\(index)", "/reconstructions", output: one).values
        #expect(distance(found.values, expected) <= 1e-4 * rms(expected))
        let units = try fixture.data("p\(index)", "/units", output: output).values
        #expect(distance(units, try fixture.data("p\(index)", "/units", output: one).values) < 1e-3)
      }
    }
    try FileManager.default.removeItem(atPath: fixture.folder.path("out3/p2.h5"))
    #expect(try fixture.reconstruct(output: fixture.folder.path("out3")).output.contains("done 1 skipped 4"))
  }

  @Test("Every channel gets the pictures of the whole set that excite it most, on any number of ranks") func strongest() throws {
    let fixture = try ResultFixture()
    for index in 0..<7 { try fixture.writePicture("p\(index).png", seed: UInt64(index)) }
    var sources: [[String?]] = []
    for ranks in [1, 3] {
      let output = fixture.folder.path("out\(ranks)")
      let result = try fixture.reconstruct(ranks: ranks, output: output, "top=3", "batch=4")
      #expect(result.exitCode == 0 && result.output.contains("done 8 skipped 0 failed 0"), "\(result)")
      #expect(FileManager.default.fileExists(atPath: "\(output)/contact-sheet.png"))
      sources.append(
        try (0..<8).map { try HDF5File.open(at: "\(output)/conv1-\($0).h5").attribute("sources")?.description })
      let activations = try fixture.data("conv1-0", "/units", output: output).values.enumerated().filter { $0.offset % 4 == 3 }
      #expect(activations.map(\.element) == activations.map(\.element).sorted(by: >) && activations.count == 3)
    }
    #expect(sources[0] == sources[1])
    // By hand: the greatest activations of channel 2 over all pictures.
    let network = try TrainedNetwork.read(fixture.checkpoint)
    let reconstructor = try Reconstructor(
      network.parameters, layer: "conv1", rule: .deconvnet, batch: 1, compute: ComputeSettings())
    let all = try (0..<7).map { index in
      let picture = try TestPicture(
        contentsOf: FileName("\(fixture.pictures)/p\(index).png"), decoder: PictureDecoder(), geometry: network.spec.geometry)
      let found = try reconstructor.forward([picture], mean: network.mean).activations
      return Array(found[0][(2 * 256)..<(3 * 256)]).max() ?? 0
    }
    let best = Array(all.sorted(by: >).prefix(3))
    let units = try fixture.data("conv1-2", "/units", output: fixture.folder.path("out1")).values
    #expect(distance([units[3], units[7], units[11]], best) < 1e-3)
  }

  @Test("A picture that couldn't be read is looked at again; files that aren't ours stay") func unread() throws {
    let fixture = try ResultFixture()
    for index in 0..<4 { try fixture.writePicture("p\(index).png", seed: UInt64(index)) }
    let picture = try Data(contentsOf: URL(fileURLWithPath: "\(fixture.pictures)/p3.png"))
    let file = URL(fileURLWithPath: "\(fixture.pictures)/p3.png")
    try Data("no picture".utf8).write(to: file)
    for _ in 0..<2 { #expect(try fixture.reconstruct("top=4").exitCode == 1) }
    try picture.write(to: file)
    let again = try fixture.reconstruct("top=4")
    #expect(again.exitCode == 0 && again.output.contains("done 8 skipped 0 failed 0"), "\(again)")
    #expect(try fixture.data("conv1-0", "/units").shape[0] == 4)
    #expect(try fixture.reconstruct("top=4").output.contains("done 0 skipped 8 failed 0"))

    let other = fixture.folder.path("other")
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    try "mine".write(toFile: "\(other)/strongest.json", atomically: true, encoding: .utf8)
    let refused = try fixture.reconstruct(output: other, "top=4")
    #expect(refused.exitCode == 3 && refused.output.contains("strongest.json"), "\(refused)")
    #expect(try String(contentsOfFile: "\(other)/strongest.json", encoding: .utf8) == "mine")
  }
}
