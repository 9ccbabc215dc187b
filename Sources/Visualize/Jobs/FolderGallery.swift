import Foundation
import Gallery
import Results

/// The options of a gallery.
public struct GalleryOptions: Sendable {
  /// How maps are drawn; nil leaves the pictures as they are.
  public var rendering: SaliencyRendering?
  /// True if a contact sheet is to be made; class models always have one.
  public var contactSheet: Bool
  /// The width of a picture on the contact sheet, in pixels; nil chooses one.
  public var tile: Int?
  /// True if results are still to be made: the contact sheet is then left as it is.
  var isInterim = false
  /// True if the results' files are checked first; a job has done so already.
  var checks = true

  public init(rendering: SaliencyRendering? = nil, contactSheet: Bool = false, tile: Int? = nil) {
    (self.rendering, self.contactSheet, self.tile) = (rendering, contactSheet, tile)
  }

  init(ofJob rendering: SaliencyRendering?, isInterim: Bool) {
    self.init(rendering: isInterim ? nil : rendering)
    (self.isInterim, checks) = (isInterim, false)
  }
}

/// Runs the command `gallery`: makes `OUT/index.html`, the page of all results in a folder, which works without a network and
/// from a disk.
///
/// The page contains its styles and script. It refers to pictures by relative paths, and they are read when they come into view.
/// Its data come from `parameters.json`, `manifest.jsonl` and the score traces in the HDF5 files. If there are more than 2,000
/// results, they are divided over `OUT/pages/page-0001.html` and so on, 500 per page, and `OUT/index.html` is used to find them.
///
/// - Parameters:
///   - results: a result folder.
///   - progress: called for pictures that are drawn again.
/// - Returns: the number of results.
/// - Throws: `ResultsError` if the folder has no results, damaged ones, or results that can't be drawn as asked; `FileError` if the page can't
///   be written.
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
  if options.checks {
    let unlisted = try ResultStore(folder: folder, header: header, layout: .ofAllJobs).unlistedResults()
    guard unlisted == 0 else {
      throw ResultsError(
        .badData,
        "\(folder) holds \(unlisted) results that its \(ResultStore.manifestFile) doesn't list; run \(header.command) with it as its "
          + "--output again: it takes their lines from the results")
    }
    try ResultDamage.refuse(try Array(Manifest(of: folder).latest().keys), in: folder, madeBy: header.command)
  }
  if let rendering = options.rendering {
    let store = ResultStore(folder: folder, header: header, layout: .ofAllJobs)
    try Redrawing(store: store, rendering: FolderRendering(rendering, in: folder)).run(progress)
  }
  let kind = JobKind.of(header)
  let files = try GalleryFiles(folder: folder, header: header, kind: kind.page)
  // A contact sheet that exists is made again with the page, unless the job makes its own.
  let isOwn = kind.sheet == .always || kind.sheet == .onRequest && files.hasSheet
  if files.count > 0, !options.isInterim, options.contactSheet || isOwn {
    try files.writeSheet(panels: kind.panels(header, folder), tile: options.tile)
  }
  let drawn = try FolderRendering.found(in: folder)
  try files.write(lead: kind.lead(header, drawn) + (drawn?.sentence ?? ""))
  return files.count
}

/// Makes the page of a job's folder.
///
/// - Parameter isInterim: true if results are still to be made; then only a page that exists already is made again.
func updateGallery(_ folder: String, _ rendering: SaliencyRendering?, isInterim: Bool) throws {
  if isInterim {
    var status = stat()
    guard lstat((folder as NSString).appendingPathComponent(GalleryFiles.indexFile), &status) == 0 else { return }
  }
  try gallery(results: folder, GalleryOptions(ofJob: rendering, isInterim: isInterim))
}
