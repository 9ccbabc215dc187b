import Files
import Foundation
import Images
import Results
import Sizes

/// What may be chosen of a gallery.
public struct GalleryOptions: Sendable {
  /// How maps are to be drawn; nil leaves the pictures as they are.
  public var rendering: SaliencyRendering?
  /// Whether there is to be a contact sheet; of class models there always is one.
  public var contactSheet: Bool
  /// Of the contact sheet, pixels from the left to the right of a picture; nil chooses.
  public var tile: Int?
  /// Whether results are yet to be made: the contact sheet then stays as it is.
  var isInterim = false

  public init(rendering: SaliencyRendering? = nil, contactSheet: Bool = false, tile: Int? = nil) {
    self.rendering = rendering
    self.contactSheet = contactSheet
    self.tile = tile
  }

  init(isInterim: Bool) {
    self.init()
    self.isInterim = isInterim
  }
}

/// The command `gallery`: `OUT/index.html`, the page of all results in a folder, that works without network and from a disk.
///
/// Styles and script are in the page, pictures beside it by relative paths, read when they come into view. What it shows comes
/// from `parameters.json`, `manifest.jsonl` and the score traces in the HDF5 files. More than 2,000 results are shared out
/// over `OUT/pages/page-0001.html` and on, 500 on each, with `OUT/index.html` to find them.
///
/// - Parameters:
///   - results: a result folder.
///   - progress: of pictures that are drawn anew.
/// - Returns: the number of results.
/// - Throws: `ResultsError` when the folder has no results, or none that can be drawn as was asked for; `FileError` when
///   the page can't be written.
@discardableResult
public func gallery(
  results folder: String, _ options: GalleryOptions = GalleryOptions(), progress: JobProgress = { _, _ in }
) throws -> Int {
  func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
  guard let header = try ResultJSON.file(ResultHeader.self, path(ResultStore.parametersFile)) else {
    throw ResultsError(
      .badData,
      "\(folder) is no result folder: expected a file \(ResultStore.parametersFile), as class-models and saliency make it")
  }
  if let rendering = options.rendering {
    let store = ResultStore(folder: folder, header: header, layout: .ofAllJobs)
    try Redrawing(store: store, rendering: FolderRendering(rendering, in: folder)).run(progress)
  }
  let kind = JobKind.of(header)
  let manifest = Manifest(of: folder)
  let listing = try GalleryListing(manifest)
  let entries = listing.entries
  // A sheet that was made once is made again with the page; one that the job makes itself is left alone.
  let isThere = FileManager.default.fileExists(atPath: path(ContactSheet.file))
  let isOwn = kind.sheet != .own && (isThere || kind.sheet == .always)
  if !entries.isEmpty, !options.isInterim, options.contactSheet || isOwn {
    try ContactSheet.write(
      entries.map { path($0.item + ".png") }, panels: kind.panels(header, folder), tile: options.tile, to: folder)
  }
  let head = GalleryHead(
    header: header, kind: kind, rendering: try FolderRendering.found(in: folder),
    hasSheet: FileManager.default.fileExists(atPath: path(ContactSheet.file)),
    pictureSize: entries.first.flatMap { pictureSize(path($0.item + ".png")) },
    missing: missing(path(ResultStore.summaryFile), whole: entries.count))
  try GalleryFiles(folder: folder, head: head, manifest: manifest, listing: listing).write()
  return entries.count
}

enum Gallery {
  static let pageFile = "index.html"
  /// What may be in a folder besides results and tables.
  static let files = [
    FolderRendering.file, pageFile, "\(GalleryFiles.pageFolder)/\(GalleryFiles.pageFile(1))", ContactSheet.file,
  ]

  /// Makes the page of a job.
  ///
  /// - Parameter isInterim: whether results are yet to be made: only a page that is there already is then made anew.
  static func update(_ folder: String, _ rendering: SaliencyRendering?, isInterim: Bool) throws {
    if isInterim {
      var status = stat()
      guard lstat((folder as NSString).appendingPathComponent(pageFile), &status) == 0 else { return }
      try gallery(results: folder, GalleryOptions(isInterim: true))
    } else {
      try gallery(results: folder, GalleryOptions(rendering: rendering))
    }
  }
}

/// The results that a run asked for and didn't make, because it was ended before; nil when it came to its end, or its summary doesn't say.
private func missing(_ path: String, whole: Int) -> Int? {
  struct Summary: Decodable {
    let total: Int
    let failed: Int
    let stopped: Bool
  }
  guard let summary = try? ResultJSON.file(Summary.self, path), summary.stopped else { return nil }
  return CheckedSize.sum(whole, summary.failed).map { max(0, summary.total.subtractingReportingOverflow($0).partialValue) }
}

/// The size that a picture file's first bytes say; nil when there is none.
private func pictureSize(_ path: String) -> PictureSize? {
  guard let start = try? FileHandle(forReadingAtPath: path)?.read(upToCount: 64) else { return nil }
  let size = start.withUnsafeBytes { PictureFacts($0)?.size }
  return size.flatMap { $0.width > 0 && $0.height > 0 ? $0 : nil }
}
