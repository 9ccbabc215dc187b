import Files
import Images

/// The picture files below a folder, at any depth.
///
/// Files with the names of pictures are taken without looking into them: reading will show their content. Other files are looked
/// into, and their first bytes show whether they are pictures.
package struct PictureWalk {
  /// Paths relative to the folder, in the order of their bytes.
  package let files: [FileName]
  package let passedOver: PassedOver
  /// Folders below the folder that can't be listed.
  package let closed: [(folder: FileName, error: FileError)]
  /// True if the folder itself was written by this program. Its pictures are listed all the same, because it may have been asked
  /// for; such folders inside are passed over.
  let isOwnWork: Bool

  package static let hidden = "hidden, or of the system"
  package static let noPicture = "no picture by its content"
  package static let again = "a link to a folder that is listed already"

  /// The first folder below the folder that holds pictures.
  package var firstInnerFolder: FileName? { files.first { $0.folder != "." }?.folder }

  /// - Parameters:
  ///   - root: The folder.
  ///   - shown: The folder's name in `passedOver`.
  ///   - isKnown: Returns true for a file that is known to be something else that belongs here.
  /// - Throws: `FileError` if the folder itself can't be listed.
  package init(
    _ root: FileName, shown: FileName = ".", leavingOut isKnown: (FileName) -> Bool = { _ in false }
  ) throws(FileError) {
    let tree = try FolderTree(root)
    var passedOver = PassedOver()
    var own = OwnWork.folders(in: tree)
    isOwnWork = own.remove(".") != nil
    for path in own.sorted() where !own.hold(path.folder) { passedOver.add(shown.appending(path), OwnWork.reason) }
    for path in tree.hidden where !own.hold(path) { passedOver.add(shown.appending(path), Self.hidden) }
    for path in tree.repeated where !own.hold(path) { passedOver.add(shown.appending(path), Self.again) }
    files = tree.files.filter { path in
      if own.hold(path) || isKnown(path) { return false }
      if Self.isPicture(path, in: root) { return true }
      passedOver.add(shown.appending(path), Self.noPicture)
      return false
    }
    self.passedOver = passedOver
    closed = tree.closed.filter { !own.hold($0.folder) }
  }

  static func isPicture(_ path: FileName, in root: FileName) -> Bool {
    PictureKind.isNamedLikePicture(path) || PictureKind.look(at: root.appending(path)) != .noPicture
  }
}
