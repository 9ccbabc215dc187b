import CHDF5
import Foundation

/// Lets only one thread at a time into HDF5: every call of this module is made while the lock is held. A thread-safe build of the
/// library has its own lock, but Debian's parallel build has none.
///
/// The first use also switches off HDF5's cleaning up at the end of the program, which crashes if a full disk has kept a file
/// from being closed. The owners of files close them all.
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
