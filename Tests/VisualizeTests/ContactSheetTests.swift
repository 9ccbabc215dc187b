import Foundation
import Images
import TestSupport
import Testing

@testable import Gallery
@testable import Results
@testable import Visualize

@Suite("Contact sheets") struct ContactSheetTests {
  private func flat(_ value: UInt8, width: Int, height: Int) -> Picture {
    Picture(width: width, height: height, pixels: [UInt8](repeating: value, count: width * height * 3))
  }

  @Test("A sheet is about 8 : 5 and at most about 3000 pixels wide") func shape() throws {
    for (count, size, columns) in [(1000, 224, 40), (1, 224, 1), (7, 224, 3), (100_000, 224, 400), (1000, 16, 40)] {
      let sheet = try ContactSheet(count: count, picture: PictureSize(width: size, height: size))
      #expect(sheet.columns == columns && sheet.columns * sheet.rows >= count)
      #expect(sheet.tile.width <= size && sheet.tile.width == sheet.tile.height)
      #expect(sheet.size.width <= 3000 || sheet.tile.width == ContactSheet.leastTile)
    }
    #expect(
      try ContactSheet(count: 1000, picture: PictureSize(width: 224, height: 224)).size == PictureSize(width: 2998, height: 1873))
    // Pictures that are wider than high get fewer columns; a tile's width may be given, also a larger one.
    let wide = try ContactSheet(count: 40, picture: PictureSize(width: 40, height: 20), tile: 80)
    #expect(wide.columns == 6 && wide.tile == PictureSize(width: 80, height: 40))
    #expect(throws: ResultsError.self) {
      try ContactSheet(count: 100_000, picture: PictureSize(width: 10, height: 10), tile: 1000)
    }
  }

  @Test("Pictures stand in rows, each fitted into its place; one that is missing leaves it white") func places() throws {
    let sheet = try ContactSheet(count: 4, picture: PictureSize(width: 8, height: 8), tile: 4)
    try #require(sheet.columns == 3 && sheet.size == PictureSize(width: 16, height: 10))
    let picture = sheet.picture { index in
      index == 1 ? nil : index == 2 ? flat(90, width: 8, height: 4) : flat(UInt8(40 + index), width: 8, height: 8)
    }
    #expect(picture[0, 0] == [40, 40, 40] && picture[3, 3] == [40, 40, 40] && picture[4, 0] == [255, 255, 255])
    #expect((6..<10).allSatisfy { picture[$0, 2] == [255, 255, 255] })
    #expect(picture[12, 0] == [255, 255, 255] && picture[12, 1] == [90, 90, 90] && picture[15, 2] == [90, 90, 90])
    #expect(picture[0, 6] == [43, 43, 43] && picture[6, 6] == [255, 255, 255])
  }

  @Test("Class models have a sheet in the order of their ids, with the first of several samples; others on request")
  func files() throws {
    let made = try MadeUpResults(ClassModelJob.command, parameters: ["samples": .number(Double(2))])
    _ = try made.store.open(overwrite: false)
    try made.store.begin(items: [], whole: [:], facts: NoFacts.self)
    let manifest = try ManifestWriter(made.store)
    for index in [3, 0, 4, 2, 1] {
      let item = MadeUpResults.wnid(index)
      let samples = flat(UInt8(10 * index), width: 12, height: 12).beside(flat(200, width: 12, height: 12))
      try samples.writePNG(to: made.store.picturePath(of: item))
      try manifest.append(ResultJSON.text(made.record(item, index)))
    }
    try gallery(results: made.store.folder)
    let path = made.store.path(ContactSheet.file)
    let sheet = try Picture(contentsOf: path)
    // Three columns of 12 pixels.
    #expect(sheet.size == PictureSize(width: 40, height: 26))
    for index in 0..<5 { #expect(sheet[index % 3 * 14 + 6, index / 3 * 14 + 6] == SIMD3(repeating: UInt8(10 * index))) }
    let page = try String(contentsOfFile: made.store.path(GalleryFiles.indexFile), encoding: .utf8)
    #expect(page.contains("<a href=\"contact-sheet.png\">"))
    try gallery(results: made.store.folder, GalleryOptions(contactSheet: true, tile: 5))
    #expect(try Picture(contentsOf: path).size == PictureSize(width: 19, height: 12))

    // These samples are noisy copies of one picture, not pictures side by side.
    let maps = try MadeUpResults(SaliencyJob.command, parameters: ["samples": .number(Double(25))])
    try maps.writeQuickly(["a", "b"], width: 20, sources: true)
    try gallery(results: maps.store.folder)
    #expect(!FileManager.default.fileExists(atPath: maps.store.path(ContactSheet.file)))
    try gallery(results: maps.store.folder, GalleryOptions(contactSheet: true))
    #expect(try Picture(contentsOf: maps.store.path(ContactSheet.file)).size == PictureSize(width: 42, height: 24))
  }
}
