import Files
import Interchange

/// ILSVRC's development kits of 2010 to 2017: where their files lie, what they are called, and what their tables hold.
enum DevelopmentKit {
  private static let years = Array(2010...2017)

  /// The folders in a folder with the name of a kit, such as `ILSVRC2012_devkit_t12`. Task 3's kit is left out, because it is for
  /// other pictures.
  static func folders(in root: String, _ contents: FolderContents) -> [String] {
    // A name of no folder may be that of an archive, which is read like a folder.
    (contents.folders + contents.files).map(\.written).filter { name in
      let name = name.lowercased()
      return name.contains("devkit") && !name.contains("_t3")
    }.map { "\(root)/\($0)" }.filter(FilePath.isFolder)
  }

  /// The file `ILSVRC2012_validation_ground_truth.txt`, in later kits `ILSVRC2015_clsloc_validation_ground_truth.txt`; nil if
  /// there is none.
  static func groundTruth(in layout: Layout) throws(DataError) -> String? {
    let years = [2012] + years.filter { $0 != 2012 }
    return try layout.list(
      years.flatMap { ["ILSVRC\($0)_validation_ground_truth.txt", "ILSVRC\($0)_clsloc_validation_ground_truth.txt"] })
  }

  /// The table of class ids, from the folder of the ground truth or from the other places of kits.
  ///
  /// - Throws: `DataError` if there is none.
  static func classes(of groundTruth: String, in layout: Layout) throws(DataError) -> [Int: String] {
    let tables = years.reversed().map { "ILSVRC\($0)_meta.mat" } + ["meta_clsloc.mat", "meta.mat", "map_clsloc.txt"]
    let beside = FilePath.folder(of: groundTruth)
    guard let path = try findFile(tables, in: [beside] + layout.listFolders, of: layout.root) else {
      throw DataError(
        .layout,
        "\(groundTruth) numbers classes in the devkit's own order: put the devkit's ILSVRC2012_meta.mat, meta_clsloc.mat or "
          + "map_clsloc.txt beside it")
    }
    if path.hasSuffix(".mat") { return try classes(path, year: year(of: groundTruth)) }
    let list = try readClassList(path)
    guard list.hasNumbers else { throw DataError(.labels, "\(path) has no class ids; expected lines \"wnid id name\"") }
    return Dictionary(list.entries.map { ($0.number ?? 0, $0.wnid) }, uniquingKeysWith: { first, _ in first })
  }

  /// The wnid of each class id, from a kit's meta file. Ids are 1 … 1000; higher ids of the kit of 2012 are inner nodes of the
  /// tree.
  ///
  /// - Parameter year: The year of the kit; nil if it isn't known.
  static func classes(_ path: String, year: String? = nil) throws(DataError) -> [Int: String] {
    let file: MatlabFile
    do throws(InterchangeError) {
      file = try MatlabFile(path)
    } catch {
      throw DataError(.labels, error.description)
    }
    let records = file.variables["synsets"]?.records ?? []
    // The fields are ILSVRC2012_ID or ILSVRC2015_CLSLOC_ID; the ids for detection are of other classes.
    let fields = Set(records.flatMap(\.keys)).filter { $0.wholeMatch(of: /ILSVRC[0-9]{4}(_CLSLOC)?_ID/) != nil }.sorted()
    let field = fields.first { field in year.map { field.contains($0) } ?? false } ?? fields.first
    var wnids: [Int: String] = [:]
    for record in records {
      if let field, let id = record[field]?.number, abs(id) < 1e9, let wnid = record["WNID"]?.text { wnids[Int(id)] = wnid }
    }
    guard !wnids.isEmpty else {
      throw DataError(
        .labels,
        "cannot read \(path): no table synsets with WNID and ILSVRC2012_ID, or that of another year; is it the devkit's meta file?"
      )
    }
    return wnids
  }

  private static func year(of path: String) -> String? {
    FilePath.name(of: path).firstMatch(of: /ILSVRC([0-9]{4})/).map { String($0.1) }
  }
}
