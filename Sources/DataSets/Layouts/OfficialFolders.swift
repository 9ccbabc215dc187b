import Files

/// ILSVRC's official archives beside each other, as they are or unpacked under their own names: `ILSVRC2012_img_train/`,
/// `ILSVRC2012_img_val/`, `ILSVRC2012_bbox_train_v2/`, `ILSVRC2012_bbox_val_v3/`; those of other years alike.
struct OfficialFolders {
  private let root: String
  private let names: [String]

  init(_ root: String, _ contents: FolderContents) {
    self.root = root
    // What is no folder may be an archive that is read like one.
    names = (contents.folders + contents.files).filter(Self.isOfficial).map(\.written)
  }

  static func isOfficial(_ name: FileName) -> Bool { name.written.lowercased().hasPrefix("ilsvrc") }

  /// The folder of a split's pictures. Task 3's are other pictures: 120 breeds of dogs.
  func pictures(_ split: Split) -> String? { folders(of: "img_\(split.rawValue)").first }

  /// Where the boxes may be: the archives differ in the folder at their top.
  var annotations: [Split: [String]] {
    var found: [Split: [String]] = [:]
    for split in Split.allCases {
      found[split] = folders(of: "bbox_\(split.rawValue)").flatMap { folder in
        // What is in an archive is looked at when the first boxes are wanted: unpacking it takes seconds.
        let isArchive = FilePath.archive(of: FileName(folder)) != nil
        return [folder]
          + [split.rawValue, "Annotation", "Annotations"].map { "\(folder)/\($0)" }.filter {
            isArchive || FolderListing.isFolder($0)
          }
      }
    }
    return found
  }

  private func folders(of part: String) -> [String] {
    names.filter { name in
      let name = name.lowercased()
      return name.contains("_\(part)") && !name.contains("_t3")
    }.map { "\(root)/\($0)" }.filter(FolderListing.isFolder)
  }
}
