import Files

/// The classes of the pictures in a flat `val/`, as synset ids.
///
/// - `val.txt`: A line is "name index", with the index in **sorted-synset** order, from 0 (Caffe's list), or "name wnid".
/// - `LOC_val_solution.csv`: A line is "ImageId,PredictionString", where the string starts with the wnid (Kaggle).
/// - `val_annotations.txt`: A line is "name wnid box" (Tiny ImageNet).
/// - `ILSVRC2012_validation_ground_truth.txt`: Line n is the **devkit id** (1 … 1000) of picture number n.
///
/// The two numberings are easily mixed up: devkit id 1 is n02119789, sorted index 0 is n01440764. So devkit ids are turned into
/// wnids by the devkit's own table (see `DevelopmentKit`), and only wnids leave this type.
struct ValidationLabels {
  /// The file that the labels come from.
  let source: String
  /// Classes by the names as they are listed, with or without an ending.
  private var byName: [FileName: String] = [:]
  /// The listed names of each stem.
  private var byStem: [FileName: [FileName]] = [:]
  private var byNumber: [String] = []
  /// True if the labels are indices of sorted classes.
  private(set) var hasIndices = false

  var count: Int { byName.count + byNumber.count }

  /// The classes that occur, sorted.
  var classes: [String] { Set(byName.values).union(byNumber).sorted(by: String.byBytes) }

  /// - Parameter sortedClasses: The classes that an index in `val.txt` counts.
  init(_ layout: Layout, sortedClasses: [String]) throws(DataError) {
    if let path = layout.labelTable {
      source = path
      try readTable()
    } else if let path = try layout.list(["val.txt"]) {
      source = path
      try readIndices(sortedClasses)
    } else if let path = try layout.list(["LOC_val_solution.csv"]) {
      source = path
      try readSolution()
    } else if let path = try DevelopmentKit.groundTruth(in: layout) {
      source = path
      try readGroundTruth(layout)
    } else {
      // A damaged archive must be reported as damaged, not as one without lists.
      for archive in Set(layout.listFolders.compactMap({ FilePath.archive(of: FileName($0)) })) {
        _ = try folderContents(archive)
      }
      let root = layout.root
      throw DataError(
        .layout,
        "\(layout.val ?? root) has pictures but no class folders and no labels; add \(root)/val.txt (name index), "
          + "LOC_val_solution.csv or devkit/ILSVRC2012_validation_ground_truth.txt with ILSVRC2012_meta.mat")
    }
    byStem = Dictionary(grouping: byName.keys, by: \.stem)
  }

  /// The class of a picture file; nil if it isn't listed.
  ///
  /// The whole name counts first. A picture that isn't listed has the class of the listed name that differs from its own only by
  /// the ending, if there is exactly one such name and no picture is called so.
  ///
  /// - Parameter present: The names of all pictures.
  func wnid(of file: FileName, among present: Set<FileName>) throws(DataError) -> String? {
    if !byNumber.isEmpty {
      guard let number = pictureNumber(file.written) else {
        throw DataError(
          .labels, "picture \(file) has no number in its name, which \(source) needs; expected ILSVRC2012_val_00000001.JPEG")
      }
      return number >= 1 && number <= byNumber.count ? byNumber[number - 1] : nil
    }
    if let known = byName[file] ?? byName[file.stem] { return known }
    guard let others = byStem[file.stem], others.count == 1, !present.contains(others[0]) else { return nil }
    return byName[others[0]]
  }

  private mutating func add(_ name: FileName, _ wnid: String, _ line: TextList.Line) throws(DataError) {
    // Lists made on Windows have backslashes.
    let last = FileName(bytes: name.last.bytes.split(separator: UInt8(ascii: "\\")).last ?? [])
    guard let other = byName.updateValue(wnid, forKey: last), other != wnid else { return }
    throw DataError(line.error("\(last) is of class \(wnid) here and of \(other) before"))
  }

  private mutating func readIndices(_ classes: [String]) throws(DataError) {
    let known = Set(classes)
    let numbers = ClassNumbers.numbers(of: classes)
    for line in try readList(source).entries {
      guard let (name, last) = line.lastWord(), !name.bytes.isEmpty else {
        throw DataError(line.error(expected: "\"name index\""))
      }
      guard let index = last.integer else {
        guard known.contains(last.name.written) else { throw DataError(line.error(expected: "\"name index\"")) }
        try add(name.name, last.name.written, line)
        continue
      }
      guard let wnid = numbers[index] else {
        throw DataError(
          line.error(
            "index \(index) is outside of the \(classes.count) known classes; put synset_words.txt beside it, which lists all that "
              + "the indices count"))
      }
      try add(name.name, wnid, line)
      hasIndices = true
    }
  }

  private mutating func readSolution() throws(DataError) {
    let list = try readList(source)
    for line in list.entries {
      let fields: [TextList.Field]
      do throws(TextListError) { fields = try line.fields(separator: list.separator) } catch { throw DataError(error) }
      if line.number == 1, fields[0].text.lowercased() == "imageid" { continue }
      let prediction = fields.count == 2 ? fields[1].bytes : []
      guard let wnid = prediction.split(whereSeparator: { $0 == 0x20 || $0 == 9 }).first else {
        throw DataError(line.error(expected: "\"ImageId,wnid box …\""))
      }
      try add(fields[0].name, FileName(bytes: wnid).written, line)
    }
  }

  private mutating func readTable() throws(DataError) {
    for row in try TinyImageNet.rows(of: source) { try add(row.picture, row.wnid, row.line) }
  }

  private mutating func readGroundTruth(_ layout: Layout) throws(DataError) {
    let wnids = try DevelopmentKit.classes(of: source, in: layout)
    for line in try readList(source).lines {
      guard !line.isBlank else {
        throw DataError(line.error("it is empty, and line n is of picture n: give every picture a line"))
      }
      guard let id = line.whole.integer, let wnid = wnids[id] else { throw DataError(line.error(expected: "a devkit class id")) }
      byNumber.append(wnid)
    }
  }
}

/// The number at the end of a validation picture's name, before the ending: for ILSVRC2012_val_00000036.JPEG it is 36.
public func pictureNumber(_ file: String) -> Int? {
  let name = file.split(separator: "/" as Character).last ?? ""
  let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
  return Int(stem.reversed().prefix { $0.isASCII && $0.isNumber }.reversed().map(String.init).joined())
}

/// Reads a black list: the numbers of those validation pictures that localisation leaves out, one number per line.
///
/// Source: ILSVRC2015_clsloc_validation_blacklist.txt of the devkit: 1,762 pictures with bad boxes.
public func readBlackList(_ path: String) throws(DataError) -> Set<Int> {
  var numbers: Set<Int> = []
  for line in try readList(path).entries {
    guard let number = line.whole.integer else { throw DataError(line.error(expected: "a picture number")) }
    numbers.insert(number)
  }
  return numbers
}
