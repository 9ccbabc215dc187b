import Files

/// Where the parts of a picture folder lie: the one place that knows the forms in which people have their pictures.
///
/// It is found by looking at names of folders and files; no list is read for it. See docs/data.md for the forms.
public struct Layout: Sendable, Hashable {
  public enum Form: Sendable, Hashable, CaseIterable {
    /// `train/<class>/*` and `val/<class>/*`, or a flat `val/` with a list of labels.
    case folders
    /// `ILSVRC2012_img_train/`, `ILSVRC2012_img_val/` and their kin beside each other, as the official archives unpack.
    case official
    /// `ILSVRC/Data/CLS-LOC/{train,val}`, with the lists three folders above.
    case kaggle
    /// `train/<class>/images/*` with a table of boxes each, or `val/images/*` with `val_annotations.txt`.
    case tinyImageNet
    /// Tars whose members `key.jpg` and `key.cls` are a sample.
    case webDataset
    /// The class folders themselves, without `train/` or `val/` above them; they count as validation pictures.
    case classFolders
  }

  /// The folder that the layout was found in.
  public let root: String
  public let form: Form
  /// The folder of the training pictures' class folders; nil when there is none.
  public let train: String?
  /// The folder of the validation pictures: of class folders, or of the pictures themselves.
  public let val: String?
  /// A table of labels that belongs to the flat `val`, as Tiny ImageNet has it; nil where lists are to be looked for.
  let labelTable: String?
  /// Where lists of labels and words lie, the likeliest first.
  let listFolders: [String]
  /// Where the annotation files of a split may lie, in the order in which they are looked at.
  let annotationFolders: [Split: [String]]
  /// The tars of WebDataset's form, sorted; of other forms empty.
  let shards: [Split: [String]]

  init(
    root: String, form: Form, train: String?, val: String?, labelTable: String? = nil, listFolders: [String],
    annotationFolders: [Split: [String]] = [:], shards: [Split: [String]] = [:]
  ) {
    (self.root, self.form, self.train, self.val, self.shards) = (root, form, train, val, shards)
    (self.labelTable, self.listFolders, self.annotationFolders) = (labelTable, listFolders, annotationFolders)
  }

  /// The folder of a split's pictures; nil when there is none.
  public func folder(of split: Split) -> String? { split == .train ? train : val }

  /// The first of `names` that is a file, in the likeliest place.
  func list(_ names: [String]) throws(DataError) -> String? { try findFile(names, in: listFolders, of: root) }

  /// The archives that the pictures are in, each once; empty where they are files.
  public var archives: [FileName] {
    let paths = Split.allCases.flatMap { (shards[$0] ?? []) + [folder(of: $0)].compactMap { $0 } }.map { FileName($0) }
    var seen: Set<FileName> = []
    return paths.compactMap { FilePath.archive(of: $0) }.filter { seen.insert($0).inserted }
  }

  // MARK: - Names of pictures

  /// A picture's place in its class: the path below the class's folder, or the bare name in a flat folder.
  ///
  /// Tiny ImageNet's `images/` is left out, so that a picture has the same name in all forms.
  func inner(_ path: FileName, of split: Split) -> FileName {
    if form == .webDataset { return WebDataset.pictureName(path) }
    guard let folder = folder(of: split), let inside = path.relative(to: FileName(folder)) else { return path.last }
    var rest = inside.bytes[...]
    guard let end = rest.firstIndex(of: Self.slash) else { return inside }
    rest = rest[(end + 1)...]
    if form == .tinyImageNet, rest.starts(with: Self.images), rest.count > Self.images.count {
      rest = rest.dropFirst(Self.images.count)
    }
    return FileName(bytes: rest)
  }

  private static let slash = UInt8(ascii: "/")
  private static let images = Array("images/".utf8)
}
