import Foundation
import Results

/// The data of all results that a gallery needs at once. It is as small as possible, because there may be a hundred thousand
/// results.
struct GalleryListing {
  struct Entry {
    let item: String
    /// The item without its sub-folder.
    let name: String
    /// The index of the class in `classes`.
    let classIndex: Int
    let line: Manifest.Line
  }

  struct Class {
    let wnid: String
    let name: String
    var count = 0
  }

  /// The entries in the order of their names, with numbers in the names by value; class models in the order of their synset ids.
  private(set) var entries: [Entry] = []
  /// The classes, in no particular order.
  private(set) var classes: [Class] = []

  init(_ manifest: Manifest) throws {
    var (places, known): ([String: Int], [String: Int]) = ([:], [:])
    try manifest.forEach { record, line in
      let index = known[record.class] ?? classes.count
      if known.updateValue(index, forKey: record.class) == nil {
        classes.append(Class(wnid: record.class, name: record.className))
      }
      let entry = Entry(item: record.item, name: record.name, classIndex: index, line: line)
      // If an item has several lines, the last one counts.
      if let place = places[record.item] {
        entries[place] = entry
      } else {
        places[record.item] = entries.count
        entries.append(entry)
      }
    }
    for entry in entries { classes[entry.classIndex].count += 1 }
    entries.sort { $0.name.localizedStandardCompare($1.name) == .orderedAscending }
  }
}
