import Foundation

/// Names of results for pictures: made of the file's name, safe as a file name, and each given once.
///
/// `n01440764/it's.JPEG` becomes `it's`; where several pictures have that name, each gets its folder's name before it
/// (`n01440764-it's`), then the folder above, and at last a number.
public enum ItemNames {
  /// Names of files that results have next to the items.
  static let reserved: Set = ["contact-sheet"]

  /// - Parameters:
  ///   - sources: paths, each once.
  ///   - existing: names that earlier runs gave: they stay, whatever else there is now.
  /// - Returns: a name a source, in the same order.
  public static func names(for sources: [String], existing: [String: String] = [:]) -> [String] {
    var used = reserved.union(existing.values)
    var names = [String?](repeating: nil, count: sources.count)
    var open: [Int] = []
    for (index, source) in sources.enumerated() {
      names[index] = existing[source]
      if names[index] == nil { open.append(index) }
    }
    for depth in 1...4 {
      let candidates = open.map { candidate(sources[$0], depth: depth) }
      var times: [String: Int] = [:]
      for name in candidates { times[name, default: 0] += 1 }
      var left: [Int] = []
      for (index, name) in zip(open, candidates) {
        if times[name] == 1, used.insert(name).inserted { names[index] = name } else { left.append(index) }
      }
      open = left
    }
    for index in open {
      let name = candidate(sources[index], depth: 1)
      var number = 2
      while !used.insert("\(name)-\(number)").inserted { number += 1 }
      names[index] = "\(name)-\(number)"
    }
    return names.compactMap { $0 }
  }

  /// The last `depth` components of a path, without the extension, as one file name.
  private static func candidate(_ source: String, depth: Int) -> String {
    let parts = source.split(separator: "/").suffix(depth).map(String.init)
    guard let last = parts.last else { return "picture" }
    return safe((parts.dropLast() + [(last as NSString).deletingPathExtension]).joined(separator: "-"))
  }

  /// The text as a file name: slashes, control characters and what other systems refuse become `_`, no dot leads, and there
  /// are at most 180 bytes. Letters of all scripts, spaces and apostrophes stay.
  static func safe(_ text: String) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      name.unicodeScalars.append(isControl || "/\\:*?\"<>|\u{FFFD}".unicodeScalars.contains(scalar) ? "_" : scalar)
    }
    if name.hasPrefix(".") { name = "_" + name.dropFirst() }
    while name.utf8.count > 180 { name.removeLast() }
    name = name.trimmingCharacters(in: .whitespaces)
    return name.isEmpty ? "picture" : name
  }

  /// A number for a name, the same everywhere and always: FNV-1a of its bytes, 64 bits.
  static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
