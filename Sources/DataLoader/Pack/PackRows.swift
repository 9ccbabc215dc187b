import HDF5

/// The index of a split, or of one of its shards: the place of each picture, and the facts about it.
struct PackRows: Sendable {
  /// The number of bytes of each picture, 0 if it couldn't be read; pictures follow each other without gaps.
  var lengths: [Int32] = []
  /// [count, 2]: width and height of each packed picture.
  var sizes: [Int32] = []
  /// [count, 2]: width and height of each file's upright picture.
  var originalSizes: [Int32] = []
  /// The CRC-32 of each picture's bytes.
  var crcs: [Int32] = []
  /// [boxes, 5]: the picture's row, xmin, ymin, xmax, ymax in pixels of the original, both ends inside.
  var boxes: [Int32] = []
  /// The synset id of the object in each box.
  var boxClasses: [String] = []

  var count: Int { lengths.count }

  mutating func append(_ picture: PackedPicture) {
    for box in picture.boxes {
      boxes += [count, box.xmin, box.ymin, box.xmax, box.ymax].map { Int32(clamping: $0) }
      boxClasses.append(box.wnid)
    }
    lengths.append(Int32(picture.bytes.count))
    sizes += [Int32(picture.size.width), Int32(picture.size.height)]
    originalSizes += [Int32(picture.originalSize.width), Int32(picture.originalSize.height)]
    crcs.append(Int32(bitPattern: picture.crc))
  }

  mutating func append(_ rows: PackRows) {
    for start in stride(from: 0, to: rows.boxes.count, by: 5) {
      boxes.append(rows.boxes[start] + Int32(count))
      boxes += rows.boxes[(start + 1)..<(start + 5)]
    }
    boxClasses += rows.boxClasses
    lengths += rows.lengths
    sizes += rows.sizes
    originalSizes += rows.originalSizes
    crcs += rows.crcs
  }

  func write(to file: borrowing HDF5File, group: String) throws(HDF5Error) {
    try file.writeSigned(lengths, shape: [count], to: group + "/lengths")
    try file.writeSigned(sizes, shape: [count, 2], to: group + "/sizes")
    try file.writeSigned(originalSizes, shape: [count, 2], to: group + "/original_sizes")
    try file.writeSigned(crcs, shape: [count], to: group + "/crc32")
    try file.writeSigned(boxes, shape: [boxes.count / 5, 5], to: group + "/boxes")
    try file.writeSigned(boxClasses, to: group + "/box_classes")
  }

  init(_ file: borrowing HDF5File, group: String, count: Int) throws(HDF5Error) {
    lengths = try file.readSignedInt32s(group + "/lengths", shape: [count])
    sizes = try file.readSignedInt32s(group + "/sizes", shape: [count, 2])
    originalSizes = try file.readSignedInt32s(group + "/original_sizes", shape: [count, 2])
    crcs = try file.readSignedInt32s(group + "/crc32", shape: [count])
    boxClasses = try file.readSignedStrings(group + "/box_classes")
    boxes = try file.readSignedInt32s(group + "/boxes", shape: [boxClasses.count, 5])
    if let problem {
      throw HDF5Error(
        .invalidValue, path: file.path, action: "read the index \(group) of", reason: problem, hint: "prepare it again")
    }
  }

  init() {}

  /// The first impossible number, as a sentence; nil if there is none.
  private var problem: String? {
    if let length = lengths.first(where: { $0 < 0 }) { return "a picture of \(length) bytes" }
    if let side = (sizes + originalSizes).first(where: { $0 < 0 }) { return "a picture with a side of \(side) pixels" }
    for start in stride(from: 0, to: boxes.count, by: 5) where !(0..<count).contains(Int(boxes[start])) {
      return "a box of picture \(boxes[start]), of \(count)"
    }
    return nil
  }
}
