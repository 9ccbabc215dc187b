/// The files that a result folder has besides the two files of each item, the header, the manifest and the summary. Each job
/// describes its own, so that the store can refuse foreign files and remove its own ones without knowing the job.
package struct ResultLayout: Sendable {
  /// Tables about all results. They are removed when a run begins, and made again when it ends.
  package var tables: [String]
  /// Pages and other files about all results. If one exists without a header, the folder isn't ours.
  package var about: [String]
  /// Gives the further files of an item, relative to the folder.
  package var attachments: @Sendable (_ item: String) -> [String]
  /// The folders of such files, relative to the result folder. They are removed when they are empty.
  package var attachmentFolders: [String]
  /// Removes files of which there may be any number.
  package var removeMore: @Sendable (_ folder: String) -> Void

  package init(
    tables: [String] = [], about: [String] = [], attachments: @escaping @Sendable (_ item: String) -> [String] = { _ in [] },
    attachmentFolders: [String] = [], removeMore: @escaping @Sendable (_ folder: String) -> Void = { _ in }
  ) {
    (self.tables, self.about, self.attachments) = (tables, about, attachments)
    (self.attachmentFolders, self.removeMore) = (attachmentFolders, removeMore)
  }
}
