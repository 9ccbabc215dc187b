import Files

/// ILSVRC's official archives beside each other, either as they are or unpacked under their own names: `ILSVRC2012_img_train/`,
/// `ILSVRC2012_img_val/`, `ILSVRC2012_bbox_train_v2/`, `ILSVRC2012_bbox_val_v3/`; and those of other years.
struct OfficialFolders {
  private let root: String
  private let names: [String]

  init(_ root: String, _ contents: FolderContents) {
    self.root = root
    // A name of no folder may be that of an archive, which is read like a folder.
    names = (contents.folders + contents.files).filter(Self.isOfficial).map(\.written)
  }

  static func isOfficial(_ name: FileName) -> Bool {
    let name = name.written.lowercased()
    return name.hasPrefix("ilsvrc") && ["_img_", "_bbox_", "devkit"].contains { name.contains($0) }
  }

  /// The folder of a split's pictures. Task 3's pictures are left out: they are of 120 breeds of dogs.
  ///
  /// - Throws: `DataError` if there are several. An archive may lie beside the folder that it was unpacked to.
  func pictures(_ split: Split) throws(DataError) -> String? {
    let found = folders(of: "img_\(split.rawValue)")
    guard Set(found.map(Self.withoutEnding)).count < 2 else {
      throw DataError(
        .layout,
        "\(root) has \(split.rawValue) pictures in \(found.count) places, and one is expected: \(found.joined(separator: ", ")); "
          + "unpack or move all of them into \(root)/\(split.rawValue), or move those that don't belong to the set away")
    }
    return found.first
  }

  private static func withoutEnding(_ path: String) -> String {
    path.replacing(/(\.(tar|gz|tgz|zip))+$/.ignoresCase(), with: "")
  }

  /// The folders in which the boxes may lie: the archives differ in the folder at their top.
  var annotations: [Split: [String]] {
    var found: [Split: [String]] = [:]
    for split in Split.allCases {
      found[split] = folders(of: "bbox_\(split.rawValue)").flatMap { folder in
        // An archive isn't looked into until the first boxes are wanted: unpacking it takes seconds.
        let isArchive = FilePath.archive(of: FileName(folder)) != nil
        return [folder]
          + [split.rawValue, "Annotation", "Annotations"].map { "\(folder)/\($0)" }.filter {
            isArchive || FilePath.isFolder($0)
          }
      }
    }
    return found
  }

  private func folders(of part: String) -> [String] {
    names.filter { name in
      let name = name.lowercased()
      return name.contains("_\(part)") && !name.contains("_t3")
    }.map { "\(root)/\($0)" }.filter(FilePath.isFolder)
  }
}
