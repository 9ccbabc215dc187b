import Files

/// Forms of picture sets that can't be read: they are recognised by the names of their files, and the error says what to do.
enum ForeignForm: String, CaseIterable {
  case parquet = "Parquet files, as Hugging Face has them"
  case arrow = "Arrow files, as Hugging Face's data sets library keeps them"
  case lmdb = "an LMDB data base, as Caffe has it"
  case tfRecord = "TFRecord files, as TensorFlow has them"
  case recordIO = "RecordIO files, as MXNet has them"
  case numpy = "NumPy arrays"
  case beton = "FFCV's .beton files"
  case archive = "archives"

  /// The form that a file's name stands for; nil if it stands for none of these.
  init?(_ name: FileName) {
    let text = name.last.written.lowercased()
    switch name.ending {
    case "parquet": self = .parquet
    case "arrow": self = .arrow
    case "mdb", "lmdb": self = .lmdb
    case "tfrecord", "tfrecords": self = .tfRecord
    case "rec": self = .recordIO
    case "npz", "npy": self = .numpy
    case "beton": self = .beton
    case "tar", "tgz", "zip", "7z", "rar": self = .archive
    default:
      // Packed tars, and pieces such as train.tar.partaa. Names such as train-00000-of-01024 and imagenet.tfrecord-00000-of-00016.
      if text.wholeMatch(of: /(train|val|validation|test)-[0-9]{5}-of-[0-9]{5}/) != nil || text.contains(".tfrecord-") {
        self = .tfRecord
      } else if text.firstMatch(of: /\.(tar|zip)\.(gz|xz|bz2|zst|part.*|[a-z]{2}|[0-9]+)$/) != nil {
        self = .archive
      } else {
        return nil
      }
    }
  }

  private var remedy: String {
    self == .archive
      ? "those of ILSVRC are read in the data folder itself under their own names (ILSVRC2012_img_train.tar, …), Kaggle's as a zip, and WebDataset's as tars with "
        + "a .cls or .json for each picture; unpack others, and give the folder that holds train/ and val/"
      : "write its pictures into files train/<class>/<picture> and val/<class>/<picture>; docs/data.md has a script for it"
  }

  /// The message about a folder that holds files of such a form, in itself or in its first folders; nil if it holds none.
  static func description(of root: String, _ contents: FolderContents) -> String? {
    var found = files(contents, below: ".")
    for folder in contents.folders.prefix(mostFolders) where found.isEmpty {
      let path = FileName(root).appending(folder)
      found = contentsIfThere(path.path).map { files($0, below: folder) } ?? []
    }
    guard let first = found.first else { return nil }
    let more = found.count > 1 ? " and \(found.count - 1) more" : ""
    return "\(root) holds \(first.form.rawValue) (\(first.file)\(more)), which can't be read here: \(first.form.remedy)"
  }

  private static let mostFolders = 16

  private static func files(_ contents: FolderContents, below folder: FileName) -> [(file: FileName, form: ForeignForm)] {
    // An LMDB is a folder, which itself often has that ending.
    contents.files.compactMap { name in ForeignForm(name).map { (folder.appending(name), $0) } }
      + contents.folders.filter { ForeignForm($0) == .lmdb }.map { (folder.appending($0), .lmdb) }
  }

  /// The error that there is no data folder at a path. If there is a file instead, the message says of what form.
  static func noFolder(_ path: String) -> DataError {
    if FilePath.isFile(path) {
      let what =
        ForeignForm(FileName(path)).map { "is a file of a form that can't be read here (\($0.rawValue)): \($0.remedy)" }
        ?? "is a file; give the folder that holds train/ and val/, or a pack"
      return DataError(.layout, "\(path) \(what)")
    }
    return DataError(
      .unreadable, "no data folder at \(path); give the folder that holds train/ and val/, or a pack, with --data")
  }
}
