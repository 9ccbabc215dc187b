import Glibc

// Arguments, variables and names of files are bytes of any encoding. Here they are text in which each byte is the scalar of its number:
// nothing is lost on the way from the command line to the program that is started.

extension String {
  package init(bytes: some Sequence<UInt8>) {
    self.init(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
  }

  /// The bytes that this text stands for.
  package var bytes: [UInt8] { unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

  /// Calls a function with the bytes as a string of C.
  package func withCBytes<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { body($0.baseAddress!) }
  }

  /// The lines, whatever ends them, without their ends.
  package var lines: [String] { split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init) }

  /// The words between blanks.
  package var words: [String] { split { $0.isWhitespace }.map(String.init) }

  /// The number that this text is, if it is nothing but up to nine digits.
  package var naturalNumber: Int? {
    utf8.count <= 9 && !isEmpty && utf8.allSatisfy { (48...57).contains($0) } ? Int(self) : nil
  }
}

/// The text of a file, or nil if it can't be read.
package func text(ofFile path: String) -> String? { bytes(ofFile: path).map { String(bytes: $0) } }

/// The bytes of a file, or nil if it can't be read.
func bytes(ofFile path: String) -> [UInt8]? {
  let file = path.withCBytes { open($0, O_RDONLY | O_CLOEXEC) }
  guard file >= 0 else { return nil }
  defer { close(file) }
  return bytes(ofDescriptor: file)
}

/// What an open file has from its present place on, or nil if it can't be read.
package func bytes(ofDescriptor file: Int32) -> [UInt8]? {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(file, &buffer, buffer.count)
    if count == 0 { return bytes }
    if count < 0, errno != EINTR { return nil }
    if count > 0 { bytes += buffer[..<count] }
  }
}

/// The names in a folder but `.` and `..`, sorted; none if it can't be read.
func names(inFolder path: String) -> [String] {
  guard let folder = path.withCBytes({ opendir($0) }) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { String(bytes: $0.prefix { $0 != 0 }) }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}
