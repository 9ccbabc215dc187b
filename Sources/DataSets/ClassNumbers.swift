import Files

/// The numbers that files use for classes, by synset id: there are two orders, and nothing but ids should leave this type.
///
/// The devkit's ids (`ILSVRC2012_meta.mat`) count 1 … 1000, 1 = n02119789. The sorted order (Caffe's and Keras's, of a text
/// file with a line "wnid words" a class) counts 0 … 999, 0 = n01440764. A text file that numbers its classes itself, as the
/// devkit's `map_clsloc.txt` does, counts by its own numbers.
public struct ClassNumbers: Sendable {
  private let wnids: [Int: String]
  private let numbers: [String: Int]
  private let source: String

  /// - Parameter path: a file ending in `.mat` is the devkit's, any other a list.
  /// - Throws: `DataError` when it can't be read or has no classes.
  public init(contentsOf path: String) throws(DataError) {
    source = path
    wnids = path.lowercased().hasSuffix(".mat") ? try DevelopmentKit.classes(path) : Self.numbered(try readClassList(path))
    numbers = Dictionary(wnids.map { ($1, $0) }, uniquingKeysWith: min)
  }

  private static func numbered(_ list: ClassList) -> [Int: String] {
    if list.hasNumbers {
      return Dictionary(list.entries.map { ($0.number ?? 0, $0.wnid) }, uniquingKeysWith: { first, _ in first })
    }
    let sorted = Set(list.entries.map(\.wnid)).sorted(by: FolderListing.byBytes)
    return Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($0, $1) })
  }

  /// All classes of the file.
  public var classes: Set<String> { Set(wnids.values) }

  public func wnid(of number: Int) -> String? { wnids[number] }

  /// - Throws: `DataError` naming a class that isn't in the file.
  public func number(of wnid: String) throws(DataError) -> Int {
    guard let number = numbers[wnid] else {
      throw DataError(.labels, "class \(wnid) isn't in \(source); give the list it is from")
    }
    return number
  }
}
