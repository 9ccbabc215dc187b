import Foundation

extension StoragePatience {
  /// Looks for what may be there or not: the boxes of a picture, a list. Nothing is an answer only while the folders are there that it
  /// would lie under: else they are waited for, and looked into once more.
  ///
  /// - Parameters:
  ///   - folders: that were there before. One that nobody has seen so far is from now on known as what it is.
  ///   - find: gives nil for what isn't there, whatever the reason.
  /// - Throws: `Trouble` when one of the folders stays away.
  public static func look<Value>(under folders: [FileName], _ find: () -> Value?) throws(Trouble) -> Value? {
    while true {
      if let found = find() { return found }
      guard let away = folders.first(where: { !isPresent($0) }) else {
        // They may have come back since.
        return find()
      }
      try wait(for: "\(away) is not there", until: { isPresent(away) })
    }
  }

  /// What a look at several things in a folder finds, when the folder was there until its end: half of them would be another answer.
  ///
  /// - Parameter folder: that was there before.
  /// - Throws: `Trouble` when it stays away.
  public static func whole<Value>(under folder: FileName, _ find: () -> Value) throws(Trouble) -> Value {
    while true {
      let found = find()
      if isPresent(folder) { return found }
      try wait(for: "\(folder) is not there", until: { isPresent(folder) })
    }
  }

  /// Whether a folder, or the archive that it is in, is there, and is the one that was seen before or holds something: an unused mount
  /// point is another folder, and an empty one.
  private static func isPresent(_ folder: FileName) -> Bool {
    let place = FilePath.ofTheSystem(folder)
    return FileActivity.during(.listing, place.written) {
      guard let identity = StorageFault.Identity(of: place) else { return false }
      note(folder: place)
      return self.identity(ofKnown: place) == identity || place != folder || StorageFault.holdsNames(place)
    }
  }
}
