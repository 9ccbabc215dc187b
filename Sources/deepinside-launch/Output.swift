import Glibc
import Launching

/// Writes bytes to an open file, all of them.
///
/// - Returns: false if nobody reads it any more.
@discardableResult
func write(_ bytes: [UInt8], to file: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if errno == EAGAIN {
      var waited = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
      poll(&waited, 1, -1)
    } else if errno != EINTR {
      return false
    }
  }
  return true
}

@discardableResult
func write(_ text: String, to file: Int32) -> Bool { write(text.bytes, to: file) }

/// Says a line to the user, under the name of the script that he has called.
func say(_ text: String) { write("launch.sh: \(text)\n", to: 2) }
