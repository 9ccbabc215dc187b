import Files
import Foundation
import Images
import TestSupport
import Testing

@testable import Gallery
@testable import Results
@testable import Visualize

@Suite("How maps are drawn", .serialized) struct RenderingTests {
  private let grey = Picture(width: 2, height: 2, pixels: [UInt8](repeating: 100, count: 12))

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("The shown map is the raw one over its percentile, to the power of gamma; the raw one stays") func rendering() {
    let map = (0..<1000).map { Float($0) }
    #expect(SaliencyRendering.percentile(0.995, of: map) == 994)
    #expect(SaliencyRendering.percentile(1, of: map) == 999)
    let picture = SaliencyRendering(percentile: 0.5, gamma: 1).picture(of: map, width: 100, height: 10)
    #expect(picture[0, 0].x == 0)
    #expect(abs(Int(picture[50, 2].x) - Int((250.0 / 499 * 255).rounded())) <= 1)
    #expect(picture[99, 9].x == 255)
    let black = SaliencyRendering().picture(of: [Float](repeating: 0, count: 4), width: 2, height: 2)
    #expect(black.pixels.allSatisfy { $0 == 0 })
    let single = SaliencyRendering().picture(of: [0, 0, 0, 2] + [Float](repeating: 0, count: 996), width: 100, height: 10)
    #expect(single[3, 0].x == 255)
  }

  @Test("The overlay is P + a · v · (inferno(v) − P); a value that is no number is shown as zero") func overlay() throws {
    let rendering = SaliencyRendering(percentile: 1, gamma: 0.5, overlay: 0.5)
    let picture = try #require(rendering.overlay(of: [0, 1, 4, .nan], on: grey))
    #expect(picture[0, 0] == [100, 100, 100] && picture[1, 1] == [100, 100, 100])
    // v = 1: half of the way to inferno's end, (252, 255, 164).
    #expect(picture[0, 1] == [176, 178, 132])
    // v = √¼: a quarter of the way to its middle, (188, 55, 84).
    let middle = picture[1, 0]
    for (found, expected) in zip([middle.x, middle.y, middle.z], [122, 89, 96]) { #expect(abs(Int(found) - expected) <= 1) }
    #expect(SaliencyRendering().overlay(of: [0, 0, 0, 1], on: grey) == nil)
    let result = rendering.result([0, 1, 4, 0], on: grey)
    #expect(result.width == 3 * 2 + 2 * Picture.gap)
    #expect(try result.panel(2, width: 2) == rendering.overlay(of: [0, 1, 4, 0], on: grey))
  }

  /// Writes a picture for the made-up net, and gives its path and the crop that a map is of.
  private func picture(_ made: MadeUpResults, _ number: Int) throws -> (source: String, shown: Picture) {
    let path = made.folder.path("\(number).png")
    try Picture(width: 9, height: 7, pixels: (0..<189).map { UInt8(($0 * (number + 7)) % 251) }).writePNG(to: path)
    let crop = try TestPicture(contentsOf: FileName(path), decoder: PictureDecoder(), geometry: made.network.spec.geometry)
    return (path, crop.shown)
  }

  @Test("Results are drawn anew without the net: the pictures become what a job with that rendering draws") func redraw() throws {
    let first = SaliencyRendering(), second = SaliencyRendering(percentile: 0.9, gamma: 0.5, colours: .inferno, overlay: 0.6)
    let made = try MadeUpResults(SaliencyJob.command, parameters: ["crops": .number(1.0)], rendering: first)
    _ = try made.store.open(overwrite: false)
    try made.store.begin(items: ["a", "c7/b"], whole: [:], facts: NoFacts.self)
    let manifest = try ManifestWriter(made.store)
    var (maps, shown): ([[Float]], [Picture]) = ([], [])
    for (index, item) in ["a", "c7/b"].enumerated() {
      let (source, crop) = try picture(made, index)
      maps.append((0..<36).map { Float(($0 * (index + 3)) % 11) })
      shown.append(crop)
      try manifest.append(made.save(made.record(item, index, source: source), maps[index], of: crop))
    }
    let parameters = try text(made.store.path(ResultStore.parametersFile))
    let original = FileManager.default.contents(atPath: made.store.picturePath(of: "a"))
    for rendering in [second, first] {
      #expect(try gallery(results: made.store.folder, GalleryOptions(rendering: rendering)) == 2)
      for (index, item) in ["a", "c7/b"].enumerated() {
        #expect(try Picture(contentsOf: made.store.picturePath(of: item)) == rendering.result(maps[index], on: shown[index]))
      }
      #expect(try FolderRendering.found(in: made.store.folder) == rendering)
      let page = try text(made.store.path(GalleryFiles.indexFile))
      #expect(
        page.contains("min(M / p, 1)^0.5, p their 90 % quantile, in inferno, over the picture in inferno by 0.6")
          == (rendering == second))
      #expect(page.contains("min(M / p, 1)^0.7, p their 99.5 % quantile, in grey.") == (rendering == first))
    }
    #expect(FileManager.default.contents(atPath: made.store.picturePath(of: "a")) == original)
    #expect(try text(made.store.path(ResultStore.parametersFile)) == parameters)
  }

  @Test("What can't be drawn anew is refused: results without maps") func refused() throws {
    for (command, parameters, word) in [
      (ClassModelJob.command, [:], "class-models"), (LocalisationJob.command, ["maps_kept": .flag(false)], "--drop-maps"),
    ] as [(String, [String: ParameterValue], String)] {
      let made = try MadeUpResults(command, parameters: parameters)
      _ = try made.store.open(overwrite: false)
      try made.store.begin(items: [], whole: [:], facts: NoFacts.self)
      try ManifestWriter(made.store).append(ResultJSON.text(made.record("a", 0)))
      let error = #expect(throws: ResultsError.self) {
        try gallery(results: made.store.folder, GalleryOptions(rendering: SaliencyRendering(gamma: 0.5)))
      }
      #expect(error?.description.contains(word) == true && error?.exitCode == 2)
    }
  }

  @Test("A picture that is another one now, is gone, or doesn't fit its map isn't drawn; the old drawing stays")
  func changedPicture() throws {
    for (spoil, words, width) in [
      ({ try FileManager.default.removeItem(atPath: $0) }, "cannot open", nil),
      (
        { try Picture(width: 9, height: 7, pixels: [UInt8](repeating: 3, count: 189)).writePNG(to: $0) },
        "isn't the picture any more", nil
      ),
      ({ _ in }, "a.h5 doesn't fit", nil), ({ _ in }, "a.h5 doesn't fit", .nan), ({ _ in }, "a.h5 doesn't fit", 8),
    ] as [((String) throws -> Void, String, Double?)] {
      let made = try MadeUpResults(SaliencyJob.command, parameters: ["crops": .number(1.0)])
      _ = try made.store.open(overwrite: false)
      try made.store.begin(items: ["a"], whole: [:], facts: NoFacts.self)
      let (source, shown) = try picture(made, 0)
      var record = made.record("a", 0, source: source)
      record.pictureSHA256 = try PictureSource(path: FileName(source), name: "0.png").digest()
      let fits = words != "a.h5 doesn't fit" || width != nil
      let map = [Float](repeating: 1, count: fits ? 36 : 4)
      try ManifestWriter(made.store).append(
        made.save(
          record, map, of: fits ? shown : grey, attributes: width.map { ["picture_width": .number($0)] } ?? [:]))
      try spoil(source)
      let before = FileManager.default.contents(atPath: made.store.picturePath(of: "a"))
      let error = #expect(throws: ResultsError.self) {
        try gallery(results: made.store.folder, GalleryOptions(rendering: SaliencyRendering(gamma: 0.5)))
      }
      #expect(error?.description.contains(words) == true && error?.exitCode == 3, "\(error?.description ?? "")")
      #expect(FileManager.default.contents(atPath: made.store.picturePath(of: "a")) == before)
    }
  }

  @Test("A job goes on with the rendering that a folder has; told another one, it draws all of them so") func jobs() throws {
    let fixture = try ResultFixture()
    try fixture.writePicture("p0.png", seed: 1)
    #expect(try fixture.saliency().exitCode == 0)
    func isDrawn(_ item: String, _ rendering: SaliencyRendering) throws -> Bool {
      let picture = try Picture(contentsOf: "\(fixture.output)/\(item).png")
      return rendering.result(try fixture.data(item, "/map").values, on: try picture.panel(0, width: 16)) == picture
    }
    #expect(try isDrawn("p0", SaliencyRendering()))
    let overlay = SaliencyRendering(gamma: 0.5, overlay: 0.4)
    try gallery(results: fixture.output, GalleryOptions(rendering: overlay))
    try fixture.writePicture("p1.png", seed: 2)
    #expect(try fixture.saliency(ranks: 2).output.contains("done 1 skipped 1"))
    for item in ["p0", "p1"] { #expect(try isDrawn(item, overlay)) }
    try fixture.writePicture("p2.png", seed: 3)
    #expect(try fixture.saliency("gamma=2").output.contains("done 1 skipped 2"))
    for item in ["p0", "p1", "p2"] { #expect(try isDrawn(item, SaliencyRendering(gamma: 2))) }
    // Earlier versions kept the drawing with the parameters.
    let path = "\(fixture.output)/parameters.json"
    let old = try text(path).replacing("\"parameters\" : {", with: "\"parameters\" : {\"gamma\": 0.7, \"percentile\": 0.995,")
    try old.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try fixture.saliency().output.contains("done 0 skipped 3"))
  }

  @Test("Of results of localise the map alone is drawn anew, and new ones are drawn alike") func localised() throws {
    let fixture = try ResultFixture()
    try fixture.writePicture("p0.png", seed: 1, width: 50, height: 40)
    #expect(try fixture.localise().exitCode == 0)
    let width = 40
    func panels(_ item: String) throws -> [Picture] {
      let picture = try Picture(contentsOf: "\(fixture.output)/\(item).png")
      return try (0..<((picture.width + Picture.gap) / (width + Picture.gap))).map { try picture.panel($0, width: width) }
    }
    let before = try panels("p0")
    #expect(before.count == 4, "picture, map, seeds, cut-out")
    let rendering = SaliencyRendering(colours: .inferno, overlay: 0.8)
    try gallery(results: fixture.output, GalleryOptions(rendering: rendering))
    try fixture.writePicture("p1.png", seed: 2, width: 50, height: 40)
    #expect(try fixture.localise().output.contains("done 1 skipped 1"))
    let after = try panels("p0")
    for index in [0, 2, 3] { #expect(after[index] == before[index]) }
    for item in ["p0", "p1"] {
      let (maps, shape) = try fixture.data(item, "/maps")
      let size = PictureSize(width: shape[2], height: shape[1])
      let drawn = try panels(item)
      #expect(rendering.panel(Array(maps.prefix(shape[1] * shape[2])), size: size, on: drawn[0]) == drawn[1])
    }
    #expect(try text("\(fixture.output)/index.html").contains("in colours over the picture, the seeds of the cut"))
  }
}
