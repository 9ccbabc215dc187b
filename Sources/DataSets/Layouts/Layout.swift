import Files

/// The places of the parts of a picture folder. Only this type knows the forms in which people keep their pictures.
///
/// A layout is found by the names of folders and files; no list is read for it. See docs/data.md for the forms.
public struct Layout: Sendable, Hashable {
  public enum Form: Sendable, Hashable, CaseIterable {
    /// `train/<class>/*` and `val/<class>/*`, or a flat `val/` with a list of labels.
    case folders
    /// `ILSVRC2012_img_train/`, `ILSVRC2012_img_val/` and so on beside each other, as the official archives unpack.
    case official
    /// `ILSVRC/Data/CLS-LOC/{train,val}`, with the lists three folders above.
    case kaggle
    /// `train/<class>/images/*`, each class with a table of boxes, or `val/images/*` with `val_annotations.txt`.
    case tinyImageNet
    /// Tars in which the members `key.jpg` and `key.cls` are one sample.
    case webDataset
    /// The class folders themselves, without `train/` or `val/` above them; they count as validation pictures.
    case classFolders
  }

  /// The folder that the layout was found in.
  public let root: String
  public let form: Form
  /// The folder that holds the class folders of the training pictures; nil if there is none.
  public let train: String?
  /// The folder of the validation pictures: it holds class folders, or the pictures themselves. Nil if there is none.
  public let val: String?
  /// The table of labels that belongs to the flat `val`, as in Tiny ImageNet; nil if lists are to be looked for.
  let labelTable: String?
  /// The folders in which lists of labels and names may lie, the likeliest first.
  let listFolders: [String]
  /// The folders in which a split's annotation files may lie, in the order in which they are searched.
  let annotationFolders: [Split: [String]]
  /// The tars of WebDataset's form, sorted; empty for other forms.
  let shards: [Split: [String]]

  init(
    root: String, form: Form, train: String?, val: String?, labelTable: String? = nil, listFolders: [String],
    annotationFolders: [Split: [String]] = [:], shards: [Split: [String]] = [:]
  ) {
    (self.root, self.form, self.train, self.val, self.shards) = (root, form, train, val, shards)
    (self.labelTable, self.listFolders, self.annotationFolders) = (labelTable, listFolders, annotationFolders)
  }

  /// The folder of a split's pictures; nil if there is none.
  public func folder(of split: Split) -> String? { split == .train ? train : val }

  /// The path of the first file with one of the `names`, in the likeliest folder; nil if there is none.
  func list(_ names: [String]) throws(DataError) -> String? { try findFile(names, in: listFolders, of: root) }

  /// The archives that the pictures are in, each once; empty if the pictures are plain files.
  public var archives: [FileName] {
    let paths = Split.allCases.flatMap { (shards[$0] ?? []) + [folder(of: $0)].compactMap { $0 } }.map { FileName($0) }
    var seen: Set<FileName> = []
    return paths.compactMap { FilePath.archive(of: $0) }.filter { seen.insert($0).inserted }
  }

  // MARK: - Names of pictures

  /// A picture's place in its class: its path below the class's folder, or the bare name in a flat folder.
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
