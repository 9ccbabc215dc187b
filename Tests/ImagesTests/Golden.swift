import Foundation
import Testing

@testable import Images

/// The fixtures that Golden/recipe.py makes with Pillow.
enum Golden {
  static func path(_ file: String) throws -> String {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Golden")
    return folder.appendingPathComponent(file).path
  }

  static func bytes(_ file: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(file))))
  }

  /// What Pillow made: [height, width, 3].
  static func picture(_ name: String, width: Int = 40, height: Int = 24) throws -> Picture {
    Picture(width: width, height: height, pixels: try bytes("\(name).rgb"))
  }
}

/// The largest difference of two channel values, and the mean one; infinite for different sizes.
func difference(_ one: Picture, _ other: Picture) -> (largest: Double, mean: Double) {
  guard one.width == other.width, one.height == other.height else { return (.infinity, .infinity) }
  let differences = zip(one.pixels, other.pixels).map { Double(abs(Int($0) - Int($1))) }
  return (differences.max() ?? 0, differences.reduce(0, +) / Double(differences.count))
}

/// A folder that is removed when `body` ends.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("images-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}
