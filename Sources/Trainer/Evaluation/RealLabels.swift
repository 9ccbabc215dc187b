import Cluster
import DataSets
import Files
import Foundation

/// The ReaL labels of ILSVRC-2012's validation pictures: for each picture all classes that people see in it, which may be none.
///
/// A JSON list: element i is the list of the class numbers of picture i + 1, `ILSVRC2012_val_%08d`; numbers count the sorted synset
/// ids from 0. Source: Beyer et al. 2020, Are we done with ImageNet?; `real.json` of google-research/reassessed-imagenet
struct RealLabels {
  /// The numbers of classes that there are.
  private static let numbers = 0..<1000
  /// Of the whole set.
  private static let pictureCount = 50_000
  /// The most bytes of a file: 50,000 lists take a megabyte.
  private static let largestFile = 64 << 20

  /// By the index of the picture in the set: its classes as the network's outputs, where it has such; nil for one without labels.
  private let labels: [Set<Int>?]

  /// - Parameter set: the pictures that are evaluated, with the network's classes.
  /// - Throws: `DataError` for a file that isn't of that form, when nothing says what the numbers count, and for a picture without a
  ///   number in its name.
  init(contentsOf path: String, for set: PictureSet) throws(DataError) {
    let lists = try Self.lists(path)
    let count = set.val.count
    guard lists.count == Self.pictureCount || lists.count == count else {
      throw DataError(
        .labels,
        "\(path) has labels for \(lists.count) pictures, expected \(Self.pictureCount), those of ILSVRC-2012's validation pictures"
          + (count == Self.pictureCount ? "" : ", or \(count), as many as there are") + "; copy the file again")
    }
    let wnids = try Self.wnids(for: set, largest: lists.lazy.flatMap { $0 }.max() ?? 0, path)
    let outputs = Dictionary(set.classes.enumerated().map { ($1.wnid, $0) }, uniquingKeysWith: { first, _ in first })
    let names = set.names(.val)
    labels = try set.val.map { sample throws(DataError) in
      let name = names.name(of: sample).written
      guard let number = pictureNumber(name), number >= 1, number <= lists.count else {
        throw DataError(
          .labels,
          "picture \(name) has no number from 1 to \(lists.count) at the end of its name, which \(path) needs; expected "
            + "ILSVRC2012_val_00000001.JPEG")
      }
      let list = lists[number - 1]
      return list.isEmpty ? nil : Set(list.compactMap { outputs[wnids[$0]] })
    }
  }

  /// The file's lists of numbers, checked.
  static func lists(_ path: String) throws(DataError) -> [[Int]] {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try WholeFile.read(FileName(path), limit: largestFile) } catch { throw DataError(error) }
    let lists: [[Int]]
    do {
      lists = try JSONDecoder().decode([[Int]].self, from: Data(bytes))
    } catch {
      let place = ((error as? DecodingError)?.place?.first?.intValue).map { ", picture \($0 + 1)" } ?? ""
      throw DataError(
        .labels,
        "\(path)\(place): expected the ReaL labels in JSON, [[65], [970, 795], …], a list of whole numbers for each picture")
    }
    for (index, list) in lists.enumerated() {
      guard let wrong = list.first(where: { !numbers.contains($0) }) else { continue }
      throw DataError(
        .labels, "\(path), picture \(index + 1): \(wrong) is no class's number, which are 0 to \(numbers.upperBound - 1)")
    }
    return lists
  }

  /// What the numbers count: a network's classes where it is of ILSVRC's thousand, else those of the list beside the pictures. A file
  /// whose numbers all are of a smaller network's classes was made for that.
  private static func wnids(for set: PictureSet, largest: Int, _ path: String) throws(DataError) -> [String] {
    var known = set.classes.map(\.wnid)
    if known.count != numbers.count {
      let listed = try set.listedClasses()
      if listed.count == numbers.count || largest >= known.count { known = listed }
    }
    guard largest < known.count else {
      throw DataError(
        .labels,
        "\(path) has the class number \(largest) of ILSVRC's \(numbers.count), and the network knows \(set.classes.count) classes: put synset_words.txt with all "
          + "\(numbers.count) beside the pictures (lines \"wnid words\")")
    }
    return known.sorted(by: String.byBytes)
  }

  /// Counts a picture.
  func add(_ index: Int, _ prediction: Prediction, to result: inout RealResult) {
    guard let right = labels[index] else {
      result.withoutLabels += 1
      return
    }
    result.pictures += 1
    result.top1Wrong += prediction.classes.first.map(right.contains) ?? false ? 0 : 1
    result.top5Wrong += right.isDisjoint(with: prediction.classes) ? 1 : 0
  }
}

/// Errors by the ReaL labels: a prediction is right when it is among the picture's labels.
public struct RealResult: Sendable, Hashable {
  /// The pictures that have labels.
  public var pictures = 0
  /// The pictures that are left out because they have none.
  public var withoutLabels = 0
  public var top1Wrong = 0
  public var top5Wrong = 0

  public var top1Error: Double { pictures == 0 ? .nan : Double(top1Wrong) / Double(pictures) }
  public var top5Error: Double { pictures == 0 ? .nan : Double(top5Wrong) / Double(pictures) }

  /// The sum over all ranks. - Note: collective
  func summed(over communicator: Communicator) throws -> RealResult {
    var counts = [pictures, withoutLabels, top1Wrong, top5Wrong]
    try communicator.allReduceSum(&counts)
    return RealResult(pictures: counts[0], withoutLabels: counts[1], top1Wrong: counts[2], top5Wrong: counts[3])
  }
}

extension DecodingError {
  /// Where in the text it is.
  fileprivate var place: [any CodingKey]? {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context), .dataCorrupted(let context):
      context.codingPath
    @unknown default: nil
    }
  }
}
