import Foundation

extension ArrangedSet {
  /// ILSVRC's own archives: a tar of a tar for each class, a flat one, and the kit as a compressed tar.
  func putOfficialArchives(_ root: String) throws {
    var train = TarWriter(.gnu)
    for wnid in wnids { train.add("\(wnid).tar", classTar(wnid)) }
    try put(train.finished(), at: "\(root)/ILSVRC2012_img_train.tar")
    var val = TarWriter(.gnu)
    for item in validation { val.add(item.name, item.bytes) }
    try put(val.finished(), at: "\(root)/ILSVRC2012_img_val.tar")
    let kit = "ILSVRC2012_devkit_t12"
    try putLabels(.flatKit2012, root)
    let packed = try RunningProcess(["tar", "-C", root, "-czf", "\(root)/\(kit).tar.gz", kit]).wait()
    guard packed.exitCode == 0 else { throw ProcessError(description: "\(packed)") }
    try FileManager.default.removeItem(atPath: "\(root)/\(kit)")
  }

  /// The tars of the classes, of which the outer one has been unpacked.
  func putClassTars(_ folder: String) throws {
    for wnid in wnids { try put(classTar(wnid), at: "\(folder)/\(wnid).tar") }
  }

  private func classTar(_ wnid: String) -> [UInt8] {
    var tar = TarWriter(.gnu)
    for item in training where item.wnid == wnid { tar.add(item.name, item.bytes) }
    return tar.finished()
  }

  /// All files below a folder as a zip in their place.
  func zip(_ root: String, as name: String) throws {
    var zip = ZipWriter(isZip64: true)
    let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    for file in files.sorted() {
      guard let data = FileManager.default.contents(atPath: "\(root)/\(file)") else { continue }
      zip.add(.init(name: Array(file.utf8), stored: [UInt8](data)))
    }
    for file in try FileManager.default.contentsOfDirectory(atPath: root) {
      try FileManager.default.removeItem(atPath: "\(root)/\(file)")
    }
    try put(zip.finished(), at: "\(root)/\(name)")
  }

  /// WebDataset's shards of two pictures each; classes are numbers, in `key.cls` and in turn in `key.json`.
  ///
  /// - Parameter path: of the split's shard of that number.
  public func putShards(_ items: [Item], _ path: (Int) -> String) throws {
    for start in stride(from: 0, to: items.count, by: 2) {
      var tar = TarWriter(.ustar)
      for item in items[start..<min(start + 2, items.count)] {
        let key = (item.name as NSString).deletingPathExtension
        let number = wnids.firstIndex(of: item.wnid) ?? -1
        tar.add("\(key).jpg", item.bytes)
        if start.isMultiple(of: 4) {
          tar.add("\(key).cls", Array("\(number)\n".utf8))
        } else {
          tar.add("\(key).json", Array("{\"label\": \(number), \"width\": 5}".utf8))
        }
      }
      try put(tar.finished(), at: path(start / 2))
    }
  }
}

extension ZipWriter.Member {
  public init(name: [UInt8], stored bytes: [UInt8]) {
    // The CRC-32 of ISO 3309, bit by bit.
    var checksum: UInt32 = .max
    for byte in bytes {
      checksum ^= UInt32(byte)
      for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
    }
    self.init(name: name, packed: bytes, size: bytes.count, checksum: ~checksum)
  }
}
