import Foundation

extension StoragePatience {
  /// Waits for a folder or file that the user has named and that isn't there. It waits a few seconds, because the name may be
  /// mistyped, and as long as the settings allow if it was there before or the error is one of the storage itself.
  ///
  /// - Parameter wasThere: true if it was there in an earlier start: then an empty folder, which may be an unused mount point, is
  ///   waited for too.
  /// - Throws: `Trouble` if the storage stays away. If the path was never there, the call returns, and the caller reports what is
  ///   missing.
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

  /// Waits for a path given as text.
  public static func waitForRoot(_ path: String, wasThere: Bool = false) throws(Trouble) {
    try waitForRoot(FileName(path), wasThere: wasThere)
  }

  /// The error number of looking at a path; 0 if it is there. Source: stat(2)
  private static func fault(of path: FileName, mustHoldSomething: Bool) -> Int32 {
    FileActivity.during(.listing, path.written) {
      var status = stat()
      guard FilePath.ofTheSystem(path).withCString({ stat($0, &status) }) == 0 else { return errno }
      guard mustHoldSomething, status.st_mode & S_IFMT == S_IFDIR else { return 0 }
      return StorageFault.holdsNames(path) ? 0 : ENOENT
    }
  }
}
