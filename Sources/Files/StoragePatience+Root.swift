import Foundation

extension StoragePatience {
  /// Waits for a folder or file that a user has named and that isn't there: for a few seconds, as its name may be a slip of the pen,
  /// and with all patience where it is known that it was there before, or the storage answers for itself.
  ///
  /// - Parameter wasThere: whether it was there in an earlier start: then an empty folder, as an unused mount point is one, is waited
  ///   for too.
  /// - Throws: `Trouble` when the storage stays away. Of what was never there the caller has to say what lacks.
  public static func waitForRoot(_ path: FileName, wasThere: Bool = false) throws(Trouble) {
    let code = fault(of: path, mustHoldSomething: wasThere)
    if code == 0 { return }
    let isTheStorage = wasThere || StorageFault.storageCodes.contains(code)
    do {
      try wait(
        for: "\(path): \(FileError.text(code))", atMost: isTheStorage ? .infinity : secondsForUnknown,
        until: { fault(of: path, mustHoldSomething: wasThere) == 0 })
    } catch {
      if isTheStorage || error.kind == .stopped { throw error }
    }
  }

  /// The same for a path of text.
  public static func waitForRoot(_ path: String, wasThere: Bool = false) throws(Trouble) {
    try waitForRoot(FileName(path), wasThere: wasThere)
  }

  /// What lies between us and a path, as an error number; 0 when it is there. Source: stat(2)
  private static func fault(of path: FileName, mustHoldSomething: Bool) -> Int32 {
    FileActivity.during(.listing, path.written) {
      var status = stat()
      guard FilePath.ofTheSystem(path).withCString({ stat($0, &status) }) == 0 else { return errno }
      guard mustHoldSomething, status.st_mode & S_IFMT == S_IFDIR else { return 0 }
      return StorageFault.holdsNames(path) ? 0 : ENOENT
    }
  }
}
