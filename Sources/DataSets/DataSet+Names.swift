import Files

extension DataSet {
  /// The names of pictures in packs, listings and reports: `val/<class>/<place in the class>`, the same in all forms.
  public struct Names: Sendable {
    private let layout: Layout?
    private let split: Split
    /// The split and the class's folder, for each label.
    private let folders: [FileName]

    fileprivate init(_ set: DataSet, _ split: Split) {
      (layout, self.split) = (set.layout, split)
      folders = set.layout == nil ? [] : set.classes.map { FileName(split.rawValue).appending(FileName(written: $0.wnid)) }
    }

    /// - Parameter sample: A sample of the split.
    public func name(of sample: Sample) -> FileName {
      guard let layout else { return sample.path }
      return folders[sample.label].appending(layout.inner(sample.path, of: split))
    }
  }

  public func names(_ split: Split) -> Names { Names(self, split) }
}

extension DataSet {
  /// The ids in the list of classes that lies beside the pictures, sorted; empty if there is none, or for a pack's lists.
  ///
  /// - Throws: `DataError` if the list can't be understood.
  public func listedClasses() throws(DataError) -> [String] {
    guard let layout else { return [] }
    return try ClassWords(layout).sorted
  }

  /// The data set in one line: `ILSVRC-2012 in Kaggle's layout: 1,281,167 + 50,000 pictures`; nil for a pack's lists.
  public var summary: String? {
    guard let layout else { return nil }
    let counts = [(train.count, "training"), (val.count, "validation")].filter { $0.0 > 0 }
    let pictures =
      counts.count == 1
      ? counts[0].0.grouped + " \(counts[0].1) pictures" : "\(train.count.grouped) + \(val.count.grouped) pictures"
    return "\(kind) \(layout.phrase): \(pictures)"
  }

  /// The set's name if the classes show it, otherwise the number of its classes.
  private var kind: String {
    let isOfSynsets = classes.allSatisfy { FileName($0.wnid).isSynset }
    if isOfSynsets, classes.count == 1000 { return "ILSVRC-2012" }
    if isOfSynsets, classes.count == 200, layout?.form == .tinyImageNet { return "Tiny ImageNet-200" }
    return "\(classes.count.grouped) class\(classes.count == 1 ? "" : "es")"
  }
}

extension Layout {
  /// The phrase for this layout, which may be one of archives.
  fileprivate var phrase: String {
    switch form {
    case .official where !archives.isEmpty: "in ILSVRC's archives"
    case .kaggle where !archives.isEmpty: "in Kaggle's zip"
    default: form.phrase
    }
  }
}

extension Layout.Form {
  /// The form as a phrase, such as `in Kaggle's layout`.
  var phrase: String {
    switch self {
    case .folders: "in train/ and val/"
    case .official: "in folders called like ILSVRC's archives"
    case .kaggle: "in Kaggle's layout"
    case .tinyImageNet: "in Tiny ImageNet's layout"
    case .webDataset: "in WebDataset's shards"
    case .classFolders: "in class folders without train/ and val/"
    }
  }
}

extension Int {
  /// The number with commas between thousands, in every locale.
  var grouped: String {
    let digits = String(self)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }
}
