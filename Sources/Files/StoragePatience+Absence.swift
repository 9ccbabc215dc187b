import Foundation

extension StoragePatience {
  /// Looks for something that may or may not exist: the boxes of a picture, a list. That it isn't found counts only while the
  /// folders that it would lie under are there; otherwise they are waited for, and the search is repeated.
  ///
  /// - Parameters:
  ///   - folders: Folders that were there before. One that isn't known yet becomes known by this call.
  ///   - find: Returns nil if it finds nothing, for whatever reason.
  /// - Throws: `Trouble` if one of the folders stays away.
  public static func look<Value>(under folders: [FileName], _ find: () -> Value?) throws(Trouble) -> Value? {
    while true {
      if let found = find() { return found }
      guard let away = folders.first(where: { !isPresent($0) }) else {
        // The folders may have come back after `find` failed, so it is asked once more.
        return find()
      }
      try wait(for: "\(away) is not there", until: { isPresent(away) })
    }
  }

  /// The result of looking at several things in a folder, taken while the folder was there to the end: half of them would be
  /// another answer.
  ///
  /// - Parameter folder: A folder that was there before.
  /// - Throws: `Trouble` if the folder stays away.
  public static func whole<Value>(under folder: FileName, _ find: () -> Value) throws(Trouble) -> Value {
    while true {
      let found = find()
      if isPresent(folder) { return found }
      try wait(for: "\(folder) is not there", until: { isPresent(folder) })
    }
  }

  /// True if a folder, or the archive that it is in, is there, and is the one that was seen before or holds something. An unused
  /// mount point is another folder, and an empty one.
  private static func isPresent(_ folder: FileName) -> Bool {
    let place = FilePath.ofTheSystem(folder)
    return FileActivity.during(.listing, place.written) {
      guard let identity = StorageFault.Identity(of: place) else { return false }
      note(folder: place)
      return self.identity(ofKnown: place) == identity || place != folder || StorageFault.holdsNames(place)
    }
  }
}
