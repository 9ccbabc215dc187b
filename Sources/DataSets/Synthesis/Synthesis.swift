import Files
import Foundation
import Images
import Random
import Threads

/// A made picture set in ILSVRC's layout, with boxes, for trying everything without any data.
///
/// ```
/// train/s00000001/s00000001_0.JPEG …   Annotations/train/s00000001/s00000001_0.xml …
/// val/s00000001/s00000001_100.JPEG …   Annotations/val/s00000001_100.xml …            synset_words.txt, synthesis.json
/// ```
/// Beside the box of a validation picture is the mask of its object, s00000001_100.png. Each class is an object of one shape, colour and texture (`SyntheticClass`) at a random place, in a random size, rotation and
/// brightness, in front of clutter in all colours. There are a fifth of `imagesPerClass` validation pictures in addition, whose
/// numbers follow those of the training pictures. Every picture is a function of (seed, class, number), so ranks and threads may
/// share the work in any way.
public struct Synthesis: Sendable, Hashable, Codable, CustomStringConvertible {
  public let classes: Int
  public let imagesPerClass: Int
  public let side: Int
  public let seed: UInt64

  /// - Throws: `DataError` for impossible numbers.
  public init(classes: Int = 10, imagesPerClass: Int = 100, side: Int = 256, seed: UInt64 = 0) throws(DataError) {
    guard (1...SyntheticClass.limit).contains(classes) else {
      throw DataError(.synthesis, "cannot make \(classes) classes: 1 … \(SyntheticClass.limit) are known")
    }
    guard (1...1_000_000).contains(imagesPerClass), (16...8192).contains(side) else {
      throw DataError(
        .synthesis, "cannot make \(imagesPerClass) pictures per class of \(side) pixels; expected 1 … 1000000, of 16 … 8192")
    }
    (self.classes, self.imagesPerClass, self.side, self.seed) = (classes, imagesPerClass, side, seed)
  }

  /// The number of validation pictures per class.
  public var validationPerClass: Int { max(1, imagesPerClass / 5) }

  /// The number of all pictures.
  public var count: Int { classes * (imagesPerClass + validationPerClass) }

  /// The id of class `index` (from 0): s00000001, s00000002, …
  public static func wnid(_ index: Int) -> String {
    let digits = String(index + 1)
    return "s" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// The class's name, such as "red striped star".
  public static func name(_ index: Int) -> String { SyntheticClass(index).name }

  /// The label, the number and the files of picture `item` (0 ..< `count`); paths are relative to the set's folder.
  public struct Item: Sendable, Equatable {
    public let label: Int
    public let number: Int
    public let picturePath: String
    public let annotationPath: String
  }

  public func item(_ item: Int) -> Item {
    precondition((0..<count).contains(item), "made picture \(item) of \(count)")
    let perClass = imagesPerClass + validationPerClass
    let (label, number) = item.quotientAndRemainder(dividingBy: perClass)
    let wnid = Self.wnid(label)
    let name = "\(wnid)_\(number)"
    let isTrain = number < imagesPerClass
    return Item(
      label: label, number: number, picturePath: "\(isTrain ? "train" : "val")/\(wnid)/\(name).JPEG",
      annotationPath: isTrain ? "Annotations/train/\(wnid)/\(name).xml" : "Annotations/val/\(name).xml")
  }

  /// The picture of a class with that number, and the box of its object.
  public func picture(label: Int, number: Int) -> (Picture, BoundingBox) {
    let made = make(label: label, number: number)
    return (made.picture, made.box)
  }

  /// - Returns: the picture, the box of its object, and its mask: white pixels are those of which the object covers at least half.
  func make(label: Int, number: Int) -> (picture: Picture, box: BoundingBox, mask: Picture) {
    let random = CounterRandom(seed: seed, purpose: .synthesis, epoch: label, sample: number)
    var scene = SyntheticScene(side: side, random: random)
    let box = scene.drawObject(SyntheticClass(label), wnid: Self.wnid(label))
    let mask = Picture(
      width: side, height: side, pixels: scene.object.flatMap { [UInt8](repeating: $0 ? 255 : 0, count: 3) })
    return (scene.picture(), box, mask)
  }

  public var description: String { "\(classes) classes with \(imagesPerClass) pictures of \(side) pixels each, seed \(seed)" }

  /// Claims a folder for the set before the first picture is written, by a record of its numbers, `synthesis.json`. The same set is
  /// completed later; another one isn't mixed with it.
  ///
  /// - Throws: `DataError` if the folder has another set, or pictures without such a record.
  public func claim(_ root: String) throws(DataError) {
    let files = FileManager.default
    let record = "\(root)/synthesis.json"
    if files.fileExists(atPath: record) {
      let found = files.contents(atPath: record).flatMap { try? JSONText.decoder.decode(Synthesis.self, from: $0) }
      guard found != self else { return }
      throw DataError(
        .wrongUse,
        "\(root) has another set, \(found?.description ?? "whose \(record) can't be read"), and this one is \(self); choose another "
          + "--output, or repeat that set's options to complete it")
    }
    if let other = ["train", "val", "Annotations", "synset_words.txt"].first(where: { files.fileExists(atPath: "\(root)/\($0)") })
    {
      throw DataError(
        .wrongUse, "\(root)/\(other) exists, and no synthesis.json says that synthesize has made it; choose another --output")
    }
    try makeFolder(root)
    do {
      try AtomicFile.write(JSONText.of(self, pretty: true) + "\n", to: record)
    } catch { throw DataError(.synthesis, "\(error)") }
  }

  private func makeFolder(_ folder: String) throws(DataError) {
    do { try FilePath.makeFolder(folder) } catch { throw DataError(.synthesis, "\(error); choose another --output") }
  }

  /// Makes the folders of the set.
  ///
  /// - Throws: `DataError` if one can't be made.
  public func makeFolders(in root: String) throws(DataError) {
    try makeFolder("\(root)/Annotations/val")
    for label in 0..<classes {
      let wnid = Self.wnid(label)
      for part in ["train", "val", "Annotations/train"] { try makeFolder("\(root)/\(part)/\(wnid)") }
    }
  }

  /// Writes picture `item` and its box; a picture that exists already is left alone.
  ///
  /// - Throws: `DataError` if something can't be written.
  public func write(_ item: Int, in root: String) throws(DataError) {
    let place = self.item(item)
    let path = "\(root)/\(place.picturePath)"
    let annotation = "\(root)/\(place.annotationPath)"
    // The box is written first, so that every picture that exists has one.
    if FileManager.default.fileExists(atPath: path) { return }
    let (picture, box, mask) = make(label: place.label, number: place.number)
    let name = "\(box.wnid)_\(place.number)"
    let xml = Annotation(width: side, height: side, boxes: [box]).xml(folder: box.wnid, name: name)
    do {
      try AtomicFile.write(xml, to: annotation, flush: false)
      // Maps are tested on the validation pictures.
      if place.number >= imagesPerClass {
        try AtomicFile.write(mask.encodedPNG(), to: annotation.dropLast(3) + "png", flush: false)
      }
      try AtomicFile.write(picture.encodedJPEG(quality: 92), to: path, flush: false)
    } catch { throw DataError(.synthesis, "\(error)") }
  }

  /// Writes `synset_words.txt`. It is written last, because it shows that the set is complete.
  public func writeWords(in root: String) throws(DataError) {
    let lines = (0..<classes).map { "\(Self.wnid($0)) \(Self.name($0))\n" }
    do {
      try AtomicFile.write(lines.joined(), to: "\(root)/synset_words.txt")
    } catch { throw DataError(.synthesis, error.description) }
  }

  /// Writes the whole set, or one rank's share of its pictures.
  ///
  /// - Parameters:
  ///   - share: The pictures to make, in a folder that one rank has claimed; nil for all, and then the folder is claimed and
  ///     `synset_words.txt` is written too.
  ///   - progress: Called with the number of finished pictures, by any of the threads, one at a time.
  public func write(
    to root: String, share: Range<Int>? = nil, threads: Int = 2, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws(DataError) {
    if share == nil { try claim(root) }
    try makeFolders(in: root)
    let items = share ?? 0..<count
    try forEachInParallel(items, threads: threads, progress: progress) { item throws(DataError) in try write(item, in: root) }
    if share == nil { try writeWords(in: root) }
  }
}
