import Attribution
import Images

/// Draws patches as a figure: reconstructions on the left, the same parts of the pictures on the right, as in Zeiler and Fergus's
/// figure 2.
enum PatchSheet {
  /// The side of a tile, in pixels.
  static let tile = 96

  static func picture(_ patches: [(patch: Patch, crop: Picture)], columns: Int) throws(ImageError) -> Picture {
    let side = tile
    func fit(_ picture: Picture) throws(ImageError) -> Picture {
      let longer = max(picture.width, picture.height)
      return try picture.resized(width: max(1, picture.width * side / longer), height: max(1, picture.height * side / longer))
    }
    var (reconstructions, parts): ([Picture], [Picture]) = ([], [])
    for (patch, crop) in patches {
      reconstructions.append(try fit(patch.picture))
      parts.append(try fit(try patch.part(of: crop)))
    }
    return Picture.grid(reconstructions, columns: columns, gap: 2).beside(Picture.grid(parts, columns: columns, gap: 2))
  }
}
