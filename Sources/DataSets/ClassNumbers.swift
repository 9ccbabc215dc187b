import Files

/// The numbers that files use for classes, by synset id. There are two orders, so only ids should leave this type.
///
/// The devkit's ids (`ILSVRC2012_meta.mat`) count 1 … 1000, 1 = n02119789. The sorted order (that of Caffe and Keras, and of a
/// text file with one line "wnid words" per class) counts 0 … 999, 0 = n01440764. A text file that gives its classes numbers,
/// like the devkit's `map_clsloc.txt`, counts by its own numbers; and so does one whose ids are numbers.
public struct ClassNumbers: Sendable {
  private let wnids: [Int: String]
  private let numbers: [String: Int]
  private let source: String

  /// - Parameter path: A file that ends in `.mat` is the devkit's, any other is a list.
  /// - Throws: `DataError` if it can't be read or has no classes.
  public init(contentsOf path: String) throws(DataError) {
    source = path
    wnids = path.lowercased().hasSuffix(".mat") ? try DevelopmentKit.classes(path) : Self.numbered(try readClassList(path))
    numbers = Dictionary(wnids.map { ($1, $0) }, uniquingKeysWith: min)
  }

  private static func numbered(_ list: ClassList) -> [Int: String] {
    if list.hasNumbers {
      return Dictionary(list.entries.map { ($0.number ?? 0, $0.wnid) }, uniquingKeysWith: { first, _ in first })
    }
    return numbers(of: list.entries.map(\.wnid))
  }

  /// The classes by number where no file gives the numbers: they count the sorted ids. But if all ids are whole numbers
  /// themselves, as in a list "0 airplane", each stands for itself.
  static func numbers(of wnids: [String]) -> [Int: String] {
    let wnids = Set(wnids)
    let own = Dictionary(wnids.compactMap { wnid in Int(wnid).map { ($0, wnid) } }, uniquingKeysWith: min)
    if own.count == wnids.count { return own }
    return Dictionary(uniqueKeysWithValues: wnids.sorted(by: String.byBytes).enumerated().map { ($0, $1) })
  }

  /// The ids of all classes of the file.
  public var classes: Set<String> { Set(wnids.values) }

  public func wnid(of number: Int) -> String? { wnids[number] }

  /// - Throws: `DataError` with the name of a class that isn't in the file.
  public func number(of wnid: String) throws(DataError) -> Int {
    guard let number = numbers[wnid] else {
      throw DataError(.labels, "class \(wnid) isn't in \(source); give the list it is from")
    }
    return number
  }
}
