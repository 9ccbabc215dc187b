import Images
import Results

/// What pages, redrawing and removal must know of a job: all that is told of it outside of its own file.
package struct JobKind: Sendable {
  /// The jobs. A new one is a file, and a line here.
  package static let all = [
    ClassModelJob.kind, SaliencyJob.kind, LocalisationJob.kind, ReconstructionJob.kind, AssessmentJob.kind, NearestJob.kind,
  ]

  /// The kind of a folder's results; of a command that this program doesn't know one that has only its name.
  package static func of(_ header: ResultHeader) -> JobKind {
    let command = header.command
    return all.first { $0.command == command } ?? JobKind(command, title: command.prefix(1).uppercased() + command.dropFirst())
  }

  /// When there is a contact sheet of all pictures.
  package enum Sheet: Sendable {
    case onRequest, always
    /// The job makes one of its own.
    case own
  }

  package let command: String
  /// Of the page.
  package let title: String
  /// What the page says of all results.
  package var lead: @Sendable (_ header: ResultHeader, _ rendering: SaliencyRendering?) -> String = { _, _ in "" }
  /// The style of the page: `models`, `maps` or `maps wide`.
  package var style = "maps"
  /// What results are called on the page: ids of classes, or files.
  package var isNamedByClass = false
  /// What a picture shows, for those who don't see it.
  package var alternative: @Sendable (_ item: GalleryItem) -> String = {
    "\($0.source ?? $0.item), and its saliency map for \($0.name) (\($0.class))"
  }
  /// Whether results have `/score_trace`.
  package var hasTrace = false
  /// The intersection over union that a result is judged by, for jobs that find places: 0 where the class isn't found.
  package var overlap: (@Sendable (Manifest, Manifest.Line) throws -> Double?)?
  package var sheet = Sheet.onRequest
  /// How many pictures stand next to each other in a result's: the contact sheet shows the first.
  package var panels: @Sendable (_ header: ResultHeader, _ folder: String) throws -> Int = { _, _ in 1 }
  /// Files about all results.
  package var tables: [String] = []
  /// Further files of an item, and the folder that they lie in.
  package var attachments: (@Sendable (_ item: String) -> [String])?
  package var attachmentFolder: String?
  /// The picture of a result with its map drawn anew, from its floats and the picture that it is of; nil when no floats of maps are kept.
  package var redraw: (@Sendable (_ result: StoredResult, _ rendering: SaliencyRendering) throws -> Picture)?

  package init(_ command: String, title: String) { (self.command, self.title) = (command, title) }
}

extension ResultLayout {
  /// Files of any job: a folder is overwritten by another one, too.
  package static let ofAllJobs = ResultLayout(
    tables: JobKind.all.flatMap(\.tables), about: Gallery.files,
    attachments: { item in JobKind.all.flatMap { $0.attachments?(item) ?? [] } },
    attachmentFolders: JobKind.all.compactMap(\.attachmentFolder),
    removeMore: { GalleryFiles.removePages(in: $0, after: 0) })
}
