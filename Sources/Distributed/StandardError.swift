import Foundation

/// Writes to descriptor 2 in one call where it can, so that lines of several ranks don't mix.
public func writeToStandardError(_ text: String) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    if written < 0 {
      guard errno == EINTR else { return }
    } else {
      rest = rest.dropFirst(written)
    }
  }
}
