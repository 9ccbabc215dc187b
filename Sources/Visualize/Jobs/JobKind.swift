import Gallery
import Images
import Results

/// What pages, redrawing and removal must know of a job. All that other files know of the job is here.
package struct JobKind: Sendable {
  /// All kinds of jobs. A new job is a file, and a line here.
  package static let all = [
    ClassModelJob.kind, SaliencyJob.kind, LocalisationJob.kind, ReconstructionJob.kind, AssessmentJob.kind, NearestJob.kind,
  ]

  /// The kind of a folder's results. For a command that this program doesn't know, a kind that has only its name.
  package static func of(_ header: ResultHeader) -> JobKind {
    let command = header.command
    return all.first { $0.command == command } ?? JobKind(command, title: command.prefix(1).uppercased() + command.dropFirst())
  }

  /// When a contact sheet of all pictures is made.
  package enum Sheet: Sendable {
    case onRequest, always
    /// The job makes its own contact sheet.
    case own
  }

  package let command: String
  package var page: PageKind
  /// The text of the page about all results.
  package var lead: @Sendable (_ header: ResultHeader, _ rendering: SaliencyRendering?) -> String = { _, _ in "" }
  package var sheet = Sheet.onRequest
  /// The number of pictures side by side in a result's picture; the contact sheet shows the first.
  package var panels: @Sendable (_ header: ResultHeader, _ folder: String) throws -> Int = { _, _ in 1 }
  /// The files about all results.
  package var tables: [String] = []
  /// Gives the further files of an item; `attachmentFolder` is their folder.
  package var attachments: (@Sendable (_ item: String) -> [String])?
  package var attachmentFolder: String?
  /// Draws the picture of a result again, from the floats of its map and from the picture that it belongs to; nil if no floats of
  /// maps are kept.
  package var redraw: (@Sendable (_ result: StoredResult, _ rendering: SaliencyRendering) throws -> Picture)?

  package init(_ command: String, title: String) { (self.command, page) = (command, PageKind(title: title)) }
}

extension ResultLayout {
  /// The files of all jobs, because a folder may be overwritten by another job too.
  package static let ofAllJobs = ResultLayout(
    tables: JobKind.all.flatMap(\.tables), about: [FolderRendering.file] + GalleryFiles.names,
    attachments: { item in JobKind.all.flatMap { $0.attachments?(item) ?? [] } },
    attachmentFolders: JobKind.all.compactMap(\.attachmentFolder),
    removeMore: { GalleryFiles.removePages(in: $0, after: 0) })
}
