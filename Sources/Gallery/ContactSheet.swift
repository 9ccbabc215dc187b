import Files
import Foundation
import Images
import Results

/// The picture `contact-sheet.png`, which shows many results in small size, in rows, in the order of the page.
package struct ContactSheet {
  package static let file = "contact-sheet.png"
  /// The gap between two pictures, in pixels.
  static let gap = 2
  /// The usual limit of the sheet's width, in pixels. It is exceeded only if tiles of `leastTile` need more, or the user wants
  /// larger ones.
  static let usualWidth = 3000
  static let leastTile = 16

  let count: Int
  let columns: Int
  let tile: PictureSize
  var rows: Int { (count + columns - 1) / columns }
  var size: PictureSize {
    PictureSize(width: columns * (tile.width + Self.gap) - Self.gap, height: rows * (tile.height + Self.gap) - Self.gap)
  }

  /// Makes a sheet of about 8 : 5.
  ///
  /// - Parameters:
  ///   - picture: the size of the first picture; all pictures get the same room.
  ///   - width: the width of that room, in pixels. If nil, the usual width is filled, but pictures aren't enlarged.
  /// - Throws: `ResultsError` if the sheet would have too many pixels.
  init(count: Int, picture: PictureSize, tile width: Int? = nil) throws(ResultsError) {
    self.count = count
    let shape = Double(picture.height) / Double(picture.width)
    columns = min(count, max(1, Int((Double(count) * 1.6 * shape).squareRoot().rounded())))
    let fitting = max(Self.leastTile, (Self.usualWidth + Self.gap) / columns - Self.gap)
    let width = width ?? min(fitting, picture.width)
    tile = PictureSize(width: width, height: max(1, Int((Double(width) * shape).rounded())))
    guard size.width <= PictureDecoder.maximumPixels / size.height else {
      throw ResultsError(.wrongUse, "a contact sheet of \(size) pixels is too large; give a smaller --tile than \(width)")
    }
  }

  /// Draws the sheet.
  ///
  /// - Parameter picture: gives the picture of a tile, one after the other; if nil, the place stays white.
  func picture(_ picture: (Int) -> Picture?) -> Picture {
    Picture(width: size.width, height: size.height) { target in
      target.update(repeating: 255)
      for index in 0..<count {
        guard let fitted = picture(index).flatMap(fitted) else { continue }
        fitted.copy(
          to: target, width: size.width,
          x: index % columns * (tile.width + Self.gap) + (tile.width - fitted.width) / 2,
          y: index / columns * (tile.height + Self.gap) + (tile.height - fitted.height) / 2)
      }
    }
  }

  /// The picture at the largest size that fits into a tile.
  private func fitted(_ picture: Picture) -> Picture? {
    let scale = min(Double(tile.width) / Double(picture.width), Double(tile.height) / Double(picture.height))
    func side(_ length: Int, _ most: Int) -> Int { min(most, max(1, Int((Double(length) * scale).rounded()))) }
    return try? picture.resized(width: side(picture.width, tile.width), height: side(picture.height, tile.height))
  }

  /// Writes the sheet of picture files. The place of a file that can't be read stays empty.
  ///
  /// - Parameter panels: the number of pictures side by side in each file; the first one is shown.
  static func write(_ files: [String], panels: Int, tile: Int?, to folder: String) throws {
    let decoder = try PictureDecoder()
    func read(_ index: Int) -> Picture? {
      guard let picture = try? decoder.decode(contentsOf: files[index]) else { return nil }
      return panels > 1 ? try? picture.panel(0, of: panels) : picture
    }
    guard let first = files.indices.lazy.compactMap(read).first else { return }
    let sheet = try ContactSheet(count: files.count, picture: first.size, tile: tile)
    try sheet.picture(read).writePNG(to: (folder as NSString).appendingPathComponent(file))
  }
}
