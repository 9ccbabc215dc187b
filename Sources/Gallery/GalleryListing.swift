import Foundation
import Results

/// What a gallery must know of all results at once, as little as it can: there may be a hundred thousand.
struct GalleryListing {
  struct Entry {
    let item: String
    /// The item without its sub-folder.
    let name: String
    /// Of the class, in `classes`.
    let classIndex: Int
    let line: Manifest.Line
  }

  struct Class {
    let wnid: String
    let name: String
    var count = 0
  }

  /// In the order of names, numbers in them by value: class models by their synset ids.
  private(set) var entries: [Entry] = []
  /// In no order.
  private(set) var classes: [Class] = []

  init(_ manifest: Manifest) throws {
    var (places, known): ([String: Int], [String: Int]) = ([:], [:])
    try manifest.forEach { record, line in
      let index = known[record.class] ?? classes.count
      if known.updateValue(index, forKey: record.class) == nil {
        classes.append(Class(wnid: record.class, name: record.className))
      }
      let entry = Entry(item: record.item, name: record.name, classIndex: index, line: line)
      // The last line of an item counts.
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
