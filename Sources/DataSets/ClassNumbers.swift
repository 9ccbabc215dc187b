/// The numbers that files use for classes, by synset id: there are two orders, and nothing but ids should leave this type.
///
/// The devkit's ids (`ILSVRC2012_meta.mat`) count 1 … 1000, 1 = n02119789. The sorted order (Caffe's and Keras's, of a text
/// file with a line "wnid words" a class) counts 0 … 999, 0 = n01440764.
public struct ClassNumbers: Sendable {
  private let wnids: [Int: String]
  private let numbers: [String: Int]
  private let source: String

  /// - Parameter path: a file ending in `.mat` is the devkit's, any other a list.
  /// - Throws: `DataError` when it can't be read or has no classes.
  public init(contentsOf path: String) throws(DataError) {
    source = path
    if path.hasSuffix(".mat") {
      wnids = try devkitClasses(path)
    } else {
      let listed = try readLines(path).compactMap { $0.split(separator: " ").first.map(String.init) }
      let sorted = Set(listed).sorted(by: FolderListing.byBytes)
      guard !sorted.isEmpty else { throw DataError(.labels, "\(path) lists no classes; expected lines \"wnid words\"") }
      wnids = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($0, $1) })
    }
    numbers = Dictionary(wnids.map { ($1, $0) }, uniquingKeysWith: min)
  }

  public func wnid(of number: Int) -> String? { wnids[number] }

  /// - Throws: `DataError` naming a class that isn't in the file.
  public func number(of wnid: String) throws(DataError) -> Int {
    guard let number = numbers[wnid] else {
      throw DataError(.labels, "class \(wnid) isn't in \(source); give the list it is from")
    }
    return number
  }
}
