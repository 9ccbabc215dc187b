import Foundation
import HDF5
import Images

/// Draws the pictures of a folder anew from the raw maps in the HDF5 files, without the net.
///
/// The picture that a map is of is the left part of the PNG file, which has lost nothing. Of results of `localise` only the
/// map is drawn anew; boxes, seeds and cut-out stay.
struct Redrawing {
  /// With the rendering that all pictures are to have.
  let store: ResultStore

  /// Nothing when all are drawn like that already. Files appear whole; stopped in between, the next time does all again.
  ///
  /// - Throws: `VisualizeError` for results without maps, and naming a picture that isn't as the result was drawn.
  func run(_ progress: JobProgress) throws {
    guard let rendering = store.rendering, try ResultStore.rendering(in: store.folder) != rendering else { return }
    try requireMaps()
    try store.beginDrawing(isEmpty: false)
    let manifest = Manifest(of: store.folder)
    let lines = try manifest.latest().values.sorted { $0.start < $1.start }
    let decoder = try PictureDecoder()
    for (index, line) in lines.enumerated() {
      let record = try manifest.record(at: line)
      let old = try decoder.decode(contentsOf: store.picturePath(of: record.item))
      let file = try HDF5File.open(at: store.dataPath(of: record.item))
      let new =
        record.kind == LocalisationJob.command ? try localised(record, file, old, rendering) : try map(file, old, rendering)
      try new.writePNG(to: store.picturePath(of: record.item), flush: false)
      progress(index + 1, lines.count)
    }
    try store.endDrawing()
  }

  private func requireMaps() throws(VisualizeError) {
    guard [SaliencyJob.command, LocalisationJob.command].contains(store.header.command) else {
      throw VisualizeError(
        .wrongUse, "\(store.folder) has results of \(store.header.command), which keep no maps; saliency and localise do")
    }
    guard store.header.parameters["maps_kept"] != .flag(false) else {
      throw VisualizeError(.wrongUse, "\(store.folder) was made with --drop-maps: there is nothing to draw its maps from")
    }
  }

  private func map(
    _ file: borrowing HDF5File, _ old: Picture, _ rendering: SaliencyRendering
  ) throws -> Picture {
    let shape = try file.shape(of: "/map")
    guard shape.count == 2, shape[0] == old.height, (1...old.width).contains(shape[1]) else { throw mismatch(file.path, old) }
    let (map, _) = try file.readFloats("/map")
    return rendering.result(map, on: try old.panel(0, width: shape[1]))
  }

  private func localised(
    _ record: ResultRecord, _ file: borrowing HDF5File, _ old: Picture, _ rendering: SaliencyRendering
  ) throws -> Picture {
    let shape = try file.shape(of: "/maps")
    let side = try store.header.count("cut_side", in: NumberLimits.cutSides, folder: store.folder)
    guard shape.count == 3, shape.dropFirst().allSatisfy(NumberLimits.sides.contains), let shown = record.top5.firstIndex(where: { $0.class == record.class }), shown < shape[0],
      let width = try pixels(file, "picture_width"), let height = try pixels(file, "picture_height")
    else { throw mismatch(file.path, old) }
    let size = try PictureSize(width: width, height: height).scaled(shorterSide: side)
    let count = (old.width + Picture.gap) / (size.width + Picture.gap)
    guard size.height == old.height, count > 1 else { throw mismatch(file.path, old) }
    var panels = try (0..<count).map { try old.panel($0, width: size.width) }
    let (maps, _) = try file.readFloats("/maps")
    let area = shape[1] * shape[2]
    let map = Array(maps[(shown * area)..<((shown + 1) * area)])
    panels[1] = rendering.panel(map, size: PictureSize(width: shape[2], height: shape[1]), on: panels[0])
    return Picture.grid(panels, columns: count, gap: Picture.gap)
  }

  /// A side of the picture, in pixels; nil for a number that can't be one.
  private func pixels(_ file: borrowing HDF5File, _ name: String) throws -> Int? {
    guard case .real(let value)? = try file.attribute(name), let side = Int(exactly: value) else { return nil }
    return NumberLimits.sides.contains(side) ? side : nil
  }

  private func mismatch(_ path: String, _ picture: Picture) -> VisualizeError {
    VisualizeError(
      .badData, "\(path) doesn't fit its PNG file, a \(picture); remove both and make them again with \(store.header.command)")
  }
}
