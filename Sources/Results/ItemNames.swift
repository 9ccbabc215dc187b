import Foundation

/// Makes the names of pictures' results from the names of the files. A result's name is safe as a file name and is used only
/// once.
///
/// `n01440764/it's.JPEG` becomes `it's`. If several pictures have that name, each is preceded by the name of its folder
/// (`n01440764-it's`), then by that of the folder above; the last resort is a number.
///
/// No folder gets too many files: in a run over more than 1,000 items, each item without a name gets one in a sub-folder, such as
/// `c7/it's`. The sub-folder is the last two hexadecimal digits of the name's `hash`. Names differ even without their
/// sub-folders.
public enum ItemNames {
  /// Names of files that a result folder has beside those of the items.
  static let reserved: Set = ["contact-sheet"]
  /// New items go into sub-folders in a run over more items than this.
  static let flatLimit = 1000

  /// Returns the items of pictures.
  ///
  /// - Parameters:
  ///   - sources: the paths as `FileName.written` has them, each only once.
  ///   - existing: the names that earlier runs gave, by source; they don't change, whatever other pictures there are now.
  /// - Returns: an item per source, in the same order.
  public static func names(for sources: [String], existing: [String: String] = [:]) -> [String] {
    var used = reserved.union(existing.values.map(name))
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
    return zip(sources, names).compactMap { source, name in
      existing[source] ?? name.map { item($0, among: sources.count) }
    }
  }

  /// Returns the items of subjects that aren't pictures and have names already.
  ///
  /// - Parameter existing: the items that earlier runs made, by name.
  package static func items(named names: [String], existing: [String: String]) -> [String] {
    names.map { existing[$0] ?? item($0, among: names.count) }
  }

  private static func item(_ name: String, among count: Int) -> String {
    guard count > flatLimit else { return name }
    let digits = String(hash(name) & 0xFF, radix: 16)
    return (digits.count < 2 ? "0" : "") + digits + "/" + name
  }

  /// The name of an item without its sub-folder.
  package static func name(of item: String) -> String {
    item.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(item[item.utf8.index(after: $0)...]) } ?? item
  }

  /// The sub-folder of an item; nil if it has none.
  package static func subfolder(of item: String) -> String? {
    item.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(item[..<$0]) }
  }

  static func isSubfolder(_ name: String) -> Bool {
    name.utf8.count == 2 && name.allSatisfy { "0123456789abcdef".contains($0) }
  }

  /// True if a text from a file is an item: a file name, perhaps in a sub-folder, that can't lead out of the result folder.
  package static func isItem(_ text: String) -> Bool {
    let name = name(of: text)
    return !name.isEmpty && !name.hasPrefix(".") && (subfolder(of: text).map(isSubfolder) ?? true)
  }

  /// The last `depth` components of a path, without the extension, joined to one file name.
  private static func candidate(_ source: String, depth: Int) -> String {
    let parts = source.split(separator: "/").suffix(depth).map(String.init)
    guard let last = parts.last else { return "picture" }
    let name = (parts.dropLast() + [(last as NSString).deletingPathExtension]).joined(separator: "-")
    // Names are made unique in any case, so a % in the picture's own name needs no escape here.
    return safe(name.replacing("%25", with: "%"))
  }

  /// Makes a text safe as a file name: slashes, control characters and characters that other systems refuse become `_`, and it
  /// doesn't begin with a dot. It has at most 180 bytes; a longer text is cut, and ends with the `hash` of the whole text.
  /// Letters of all scripts, spaces and apostrophes stay.
  package static func safe(_ text: String) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      name.unicodeScalars.append(isControl || "/\\:*?\"<>|\u{FFFD}".unicodeScalars.contains(scalar) ? "_" : scalar)
    }
    name = name.trimmingCharacters(in: .whitespaces)
    if name.hasPrefix(".") { name = "_" + name.dropFirst() }
    if name.utf8.count > 180 {
      let ending = "-" + String(hash(text), radix: 16)
      while name.utf8.count + ending.utf8.count > 180 { name.removeLast() }
      name += ending
    }
    return name.isEmpty ? "picture" : name
  }

  /// A number for a name that never changes: FNV-1a of its bytes, 64 bits.
  package static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
