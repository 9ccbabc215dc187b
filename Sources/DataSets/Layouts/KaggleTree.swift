import Files

/// The tree of Kaggle's ImageNet Object Localization Challenge.
///
/// `TOP/LOC_val_solution.csv`, `TOP/LOC_synset_mapping.txt`, `TOP/ILSVRC/{Annotations,Data,ImageSets}/CLS-LOC`. The numbers in
/// `ImageSets/CLS-LOC/*.txt` count lines and are no labels.
struct KaggleTree {
  /// The folder that holds `train/` and `val/`.
  private let pictures: String
  /// The folder `ILSVRC/`, and the folder above it.
  private let above: [String]

  private static let data = "Data/CLS-LOC"

  /// The tree of which a folder is the top, the `ILSVRC/` or the `Data/`; nil if it is none of them.
  init?(below root: String) {
    let candidates: [(String, [String])] = [
      ("ILSVRC/\(Self.data)", ["\(root)/ILSVRC", root]), (Self.data, [root, Self.parent(root)]),
      ("CLS-LOC", [Self.parent(root), Self.parent(Self.parent(root))]),
    ]
    for (inner, above) in candidates where Self.holdsPictures("\(root)/\(inner)") {
      (pictures, self.above) = ("\(root)/\(inner)", above)
      return
    }
    return nil
  }

  /// The tree of which a folder is the `Data/CLS-LOC`; nil if it isn't one.
  init?(around root: String) {
    let path = FileName(FilePath.resolved(root)).components.suffix(2)
    guard Array(path) == ["Data", "CLS-LOC"], Self.holdsPictures(root) else { return nil }
    let tree = Self.parent(Self.parent(root))
    (pictures, above) = (root, [tree, Self.parent(tree)])
  }

  private static func holdsPictures(_ folder: String) -> Bool {
    Split.allCases.contains { Layout.subfolder($0, of: folder) != nil }
  }

  /// The folder above one, after links and `..` have been resolved.
  private static func parent(_ path: String) -> String { FilePath.folder(of: FilePath.resolved(path)) }

  var layout: Layout {
    let own = contentsIfThere(pictures).map { Layout.listFolders(pictures, $0) } ?? [pictures]
    return Layout(
      root: pictures, form: .kaggle, train: Layout.subfolder(.train, of: pictures), val: Layout.subfolder(.val, of: pictures),
      listFolders: own + above.flatMap { [$0, "\($0)/devkit", "\($0)/devkit/data"] },
      annotationFolders: Layout.annotationFolders(
        in: [pictures] + above, ["Annotations/CLS-LOC/*", "Annotations/*", "Annotations"]))
  }
}
