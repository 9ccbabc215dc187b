import CHDF5
import Foundation

/// Lets one thread at a time into an HDF5 library that was built without thread safety; nothing where it has its own.
///
/// Its first use also keeps HDF5 from cleaning up when the program ends: of a file that a full disk didn't let it close it would
/// crash there. All files are closed by their owners.
///
/// Source: H5is_library_threadsafe, H5dont_atexit. Debian's serial build is thread-safe, its parallel one isn't.
enum HDF5Lock {
  private static let recursive = NSRecursiveLock()
  private static let isNeeded: Bool = {
    H5dont_atexit()
    var isThreadSafe = false
    return H5is_library_threadsafe(&isThreadSafe) < 0 || !isThreadSafe
  }()

  static func lock() { if isNeeded { recursive.lock() } }
  static func unlock() { if isNeeded { recursive.unlock() } }
}
