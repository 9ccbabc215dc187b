/// What a result folder holds besides the two files of each item, the header, the manifest and the summary: told by those who make it,
/// so that the store can refuse foreign files and remove its own without knowing any job.
package struct ResultLayout: Sendable {
  /// Tables about all results: they go when a run begins, and are made anew when it ends.
  package var tables: [String]
  /// Pages and other files about all results. Where there is one without a header, the folder is somebody else's.
  package var about: [String]
  /// Further files of an item, relative to the folder.
  package var attachments: @Sendable (_ item: String) -> [String]
  /// Folders of such files, relative to the folder: they go when they are empty.
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
