import Foundation
import Gallery
import Results

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
  let files = try GalleryFiles(folder: folder, header: header, kind: kind.page)
  // A sheet that was made once is made again with the page; one that the job makes itself is left alone.
  let isOwn = kind.sheet == .always || kind.sheet == .onRequest && files.hasSheet
  if files.count > 0, !options.isInterim, options.contactSheet || isOwn {
    try files.writeSheet(panels: kind.panels(header, folder), tile: options.tile)
  }
  let drawn = try FolderRendering.found(in: folder)
  try files.write(lead: kind.lead(header, drawn) + (drawn?.sentence ?? ""))
  return files.count
}

/// Makes the page of a job.
///
/// - Parameter isInterim: whether results are yet to be made: only a page that is there already is then made anew.
func updateGallery(_ folder: String, _ rendering: SaliencyRendering?, isInterim: Bool) throws {
  if isInterim {
    var status = stat()
    guard lstat((folder as NSString).appendingPathComponent(GalleryFiles.indexFile), &status) == 0 else { return }
    try gallery(results: folder, GalleryOptions(isInterim: true))
  } else {
    try gallery(results: folder, GalleryOptions(rendering: rendering))
  }
}
