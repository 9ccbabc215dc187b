import Data
import Files
import Foundation
import HDF5
import Images
import Results

/// A result in a folder, with everything that is needed to draw it again.
package struct StoredResult {
  package let folder: String
  package let header: ResultHeader
  let decoder: PictureDecoder
  private let common: CommonFacts
  private let manifest: Manifest
  private let line: Manifest.Line

  init(_ store: ResultStore, _ manifest: Manifest, _ line: Manifest.Line, _ decoder: PictureDecoder) throws {
    (folder, header, self.manifest, self.line, self.decoder) = (store.folder, store.header, manifest, line, decoder)
    common = try manifest.record(at: line).common
    picturePath = store.picturePath(of: common.item)
  }

  let picturePath: String

  func record<Facts>(_ facts: Facts.Type) throws -> ResultRecord<Facts> { try manifest.record(at: line, facts) }

  func file() throws -> HDF5File { try ResultDamage.open(common.item, in: folder, madeBy: header.command) }

  /// The geometry of the net that made the result.
  func geometry() throws -> InputGeometry {
    do throws(InputSpecError) {
      return try InputGeometry(header)
    } catch {
      throw ResultsError(.badData, "\(folder)/\(ResultStore.parametersFile): \(error)")
    }
  }

  /// Reads the picture that the result belongs to.
  ///
  /// - Throws: `ResultsError` if it is missing, has changed, or has another size than the result records.
  func picture() throws -> WholePicture {
    func failure(_ reason: String) -> ResultsError {
      ResultsError(
        .badData,
        "cannot draw \(common.item) anew: \(reason); put its picture back, or make the result again with \(header.command)")
    }
    guard let source = common.source.map(FileName.init(written:)) else { throw failure("it doesn't say which picture it is of") }
    let picture: WholePicture
    let geometry = try geometry()
    do throws(ImageError) {
      picture = try WholePicture(source, geometry: geometry, decoder: decoder)
    } catch {
      if error.storageTrouble != nil { throw error }
      throw failure("\(error)")
    }
    if let digest = common.pictureSHA256, SHA256.hex(of: picture.bytes) != digest {
      throw failure("\(source) isn't the picture any more that it was made of")
    }
    let file = try file()
    for (name, side) in [("picture_width", picture.frame.width), ("picture_height", picture.frame.height)] {
      guard let said = try file.attribute(name) else { continue }
      guard case .real(Double(side)) = said else { throw mismatch }
    }
    return picture
  }

  var mismatch: ResultsError {
    ResultsError(
      .badData,
      "\(folder)/\(common.item).h5 doesn't fit its picture or its line in the manifest; remove it and make it again with "
        + header.command)
  }
}

/// Draws the pictures of a folder again, without the net, from the raw maps in the HDF5 files and the pictures that they belong
/// to.
struct Redrawing {
  let store: ResultStore
  /// The rendering that all pictures are to have.
  let rendering: FolderRendering

  /// Draws all pictures, unless all are drawn in that way already. Files appear only when they are whole. If it is stopped in
  /// between, the next call draws all of them.
  ///
  /// - Throws: `ResultsError` if the results have no maps; otherwise it names a picture that can't be drawn.
  func run(_ progress: JobProgress) throws {
    guard try FolderRendering.found(in: store.folder) != rendering.rendering else { return }
    guard let redraw = JobKind.of(store.header).redraw else {
      throw ResultsError(
        .wrongUse, "\(store.folder) has results of \(store.header.command), which keep no maps; saliency and localise do")
    }
    let manifest = Manifest(of: store.folder)
    let lines = try manifest.latest().values.sorted { $0.start < $1.start }
    let decoder = try PictureDecoder()
    for (index, line) in lines.enumerated() {
      let result = try StoredResult(store, manifest, line, decoder)
      let picture = try redraw(result, rendering.rendering)
      // From the first new picture on, the pictures are no longer drawn in the same way.
      if index == 0 { try rendering.begin(isEmpty: false) }
      try picture.writePNG(to: result.picturePath, flush: false)
      progress(index + 1, lines.count)
    }
    try rendering.end()
  }
}
