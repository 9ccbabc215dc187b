import Interchange

/// The classes of the pictures in a flat `val/`, by synset id.
///
/// - `val.txt`: a line is "name index", the index in **sorted-synset** order, from 0 (Caffe's list).
/// - `LOC_val_solution.csv`: "ImageId,PredictionString", the string starts with the wnid (Kaggle).
/// - `ILSVRC2012_validation_ground_truth.txt`: line n is the **devkit id** (1 … 1000) of picture number n.
///
/// The trap: devkit id 1 is n02119789, sorted index 0 is n01440764. Ids are turned into wnids through the devkit's own
/// table (`ILSVRC2012_meta.mat`), and nothing but wnids leaves this type.
package struct ValidationLabels {
  /// The file that the labels come from.
  package let source: String
  private var byName: [String: String] = [:]
  private var byNumber: [String] = []

  package var count: Int { byName.count + byNumber.count }

  /// The classes that occur, sorted.
  package var classes: [String] { Set(byName.values).union(byNumber).sorted(by: FolderListing.byBytes) }

  /// - Parameter sortedClasses: what an index in `val.txt` counts.
  package init(root: String, sortedClasses: [String]) throws(DataError) {
    if let path = findList(["val.txt"], in: root) {
      source = path
      try readIndices(sortedClasses)
    } else if let path = findList(["LOC_val_solution.csv"], in: root) {
      source = path
      try readSolution()
    } else if let path = findList(["ILSVRC2012_validation_ground_truth.txt"], in: root) {
      source = path
      try readGroundTruth(root)
    } else {
      throw DataError(
        .layout,
        "\(root)/val has pictures but no class folders and no labels; add \(root)/val.txt (name index), "
          + "LOC_val_solution.csv or devkit/ILSVRC2012_validation_ground_truth.txt with ILSVRC2012_meta.mat")
    }
  }

  /// The class of a picture file; nil when it isn't listed.
  package func wnid(of file: String) throws(DataError) -> String? {
    if byNumber.isEmpty { return byName[Self.stem(file)] }
    guard let number = pictureNumber(file) else {
      throw DataError(
        .labels, "picture \(file) has no number in its name, which \(source) needs; expected ILSVRC2012_val_00000001.JPEG")
    }
    return number >= 1 && number <= byNumber.count ? byNumber[number - 1] : nil
  }

  private mutating func readIndices(_ classes: [String]) throws(DataError) {
    for (number, line) in try readLines(source).enumerated() {
      let parts = line.split(separator: " ")
      guard parts.count == 2, let index = Int(parts[1]) else {
        throw DataError(.labels, "\(source), line \(number + 1): expected \"name index\", found \"\(line)\"")
      }
      guard classes.indices.contains(index) else {
        throw DataError(
          .labels,
          "\(source), line \(number + 1): index \(index) is outside of the \(classes.count) known classes; "
            + "put synset_words.txt beside it, which lists all that the indices count")
      }
      byName[Self.stem(parts[0])] = classes[index]
    }
  }

  private mutating func readSolution() throws(DataError) {
    for (number, line) in try readLines(source).enumerated() where number > 0 {
      let parts = line.split(separator: ",", maxSplits: 1)
      guard parts.count == 2, let wnid = parts[1].split(separator: " ").first else {
        throw DataError(.labels, "\(source), line \(number + 1): expected \"ImageId,wnid box …\", found \"\(line)\"")
      }
      byName[Self.stem(parts[0])] = String(wnid)
    }
  }

  private mutating func readGroundTruth(_ root: String) throws(DataError) {
    guard let meta = findList(["ILSVRC2012_meta.mat", "meta.mat"], in: root) else {
      throw DataError(
        .layout, "\(source) numbers classes in the devkit's own order: put the devkit's ILSVRC2012_meta.mat beside it")
    }
    let wnids = try devkitClasses(meta)
    for (number, line) in try readLines(source).enumerated() {
      guard let id = Int(line.filter { !$0.isWhitespace }), let wnid = wnids[id] else {
        throw DataError(.labels, "\(source), line \(number + 1): expected a devkit class id, found \"\(line)\"")
      }
      byNumber.append(wnid)
    }
  }

  private static func stem(_ name: some StringProtocol) -> String {
    let last = String(name).split(separator: "/" as Character).last.map(String.init) ?? String(name)
    return last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
  }
}

/// The number at the end of a validation picture's name, before the extension: ILSVRC2012_val_00000036.JPEG is 36.
public func pictureNumber(_ file: String) -> Int? {
  let name = file.split(separator: "/" as Character).last ?? ""
  let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
  return Int(stem.reversed().prefix { $0.isASCII && $0.isNumber }.reversed().map(String.init).joined())
}

/// The numbers of the validation pictures in a black list (a number a line), which localisation leaves out.
///
/// Source: ILSVRC2015_clsloc_validation_blacklist.txt of the devkit: 1,762 pictures with bad boxes.
public func readBlackList(_ path: String) throws(DataError) -> Set<Int> {
  var numbers: Set<Int> = []
  for (index, line) in try readLines(path).enumerated() {
    guard let number = Int(line.filter { !$0.isWhitespace }) else {
      throw DataError(.labels, "\(path), line \(index + 1): expected a picture number, found \"\(line)\"")
    }
    numbers.insert(number)
  }
  return numbers
}

/// The wnid of each devkit class id (1 … 1000; higher ids are inner nodes of the tree), from `ILSVRC2012_meta.mat`.
func devkitClasses(_ path: String) throws(DataError) -> [Int: String] {
  let file: MatlabFile
  do throws(InterchangeError) {
    file = try MatlabFile(path)
  } catch {
    throw DataError(.labels, error.description)
  }
  var wnids: [Int: String] = [:]
  for record in file.variables["synsets"]?.records ?? [] {
    if let id = record["ILSVRC2012_ID"]?.number, abs(id) < 1e9, let wnid = record["WNID"]?.text { wnids[Int(id)] = wnid }
  }
  guard !wnids.isEmpty else {
    throw DataError(.labels, "cannot read \(path): no table synsets with ILSVRC2012_ID and WNID; is it the devkit's meta file?")
  }
  return wnids
}
