import CHDF5
import Foundation

/// Lets one thread at a time into HDF5: every call of this module is made while the lock is held. A build of the library with thread
/// safety has a lock of its own, but Debian's parallel build hasn't.
///
/// Its first use also keeps HDF5 from cleaning up when the program ends: of a file that a full disk didn't let it close it would
/// crash there. All files are closed by their owners.
///
/// Source: H5dont_atexit
enum HDF5Lock {
  private static let recursive: NSRecursiveLock = {
    H5dont_atexit()
    return NSRecursiveLock()
  }()

  static func hold<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    recursive.lock()
    defer { recursive.unlock() }
    return try body()
  }
}
