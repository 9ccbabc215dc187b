import CHDF5

extension HDF5File {
  /// Writes strings as a new data set of null-padded UTF-8, each as wide as the longest; h5py reads it with `.asstr()`.
  ///
  /// Source: H5Tset_size, H5Tset_cset, H5Tset_strpad.
  /// - Throws: `HDF5Error` of kind `invalidValue` for a string with a null character, which couldn't be told from padding.
  public func write(_ strings: [String], to dataSet: String) throws(HDF5Error) {
    let bytes = try Self.paddedBytes(strings, dataSet, path)
    try write(padded: bytes, count: strings.count, to: dataSet)
  }

  /// Writes the bytes that `paddedBytes` has made.
  func write(padded bytes: [UInt8], count: Int, to dataSet: String) throws(HDF5Error) {
    let action = "write data set \(dataSet) of"
    let type = try stringType(width: count == 0 ? 1 : bytes.count / count, action)
    try bytes.withUnsafeBufferPointer { (bytes) throws(HDF5Error) in
      try write(
        UnsafeRawBufferPointer(bytes), count: count, shape: [count], to: dataSet, stored: type.id, memory: type.id)
    }
  }

  /// Reads a data set of fixed-length strings. Source: H5Dread
  public func readStrings(_ dataSet: String) throws(HDF5Error) -> [String] { try readPadded(dataSet).strings }

  /// Reads strings, and also the bytes that they are stored as.
  package func readPadded(_ dataSet: String) throws(HDF5Error) -> (strings: [String], bytes: [UInt8]) {
    let found = try self.dataSet(dataSet)
    guard case .string(let width) = found.element else {
      throw HDF5Error(
        .unexpectedType, path: path, action: "read data set \(dataSet) of", reason: "expected strings, found \(found.element)")
    }
    try requireMemory(for: found)
    var bytes = [UInt8](repeating: 0, count: found.byteCount)
    try bytes.withUnsafeMutableBufferPointer { (bytes) throws(HDF5Error) in
      try readStored(found, into: UnsafeMutableRawBufferPointer(bytes))
    }
    let strings = stride(from: 0, to: bytes.count, by: max(width, 1)).map { start in
      String(decoding: bytes[start..<(start + width)].prefix { $0 != 0 }, as: UTF8.self)
    }
    return (strings, bytes)
  }

  /// The bytes of strings as they are stored: each string is padded with nulls to the length of the longest, at least one byte.
  static func paddedBytes(_ strings: [String], _ dataSet: String, _ path: String) throws(HDF5Error) -> [UInt8] {
    let width = max(1, strings.map(\.utf8.count).max() ?? 1)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(width * strings.count)
    for string in strings {
      try refuseNull(string, "write data set \(dataSet) of", path)
      bytes += string.utf8
      bytes += repeatElement(0, count: width - string.utf8.count)
    }
    return bytes
  }

  static func refuseNull(_ string: String, _ action: String, _ path: String) throws(HDF5Error) {
    guard string.utf8.contains(0) else { return }
    throw HDF5Error(.invalidValue, path: path, action: action, reason: "the string '\(string)' has a null character")
  }

  /// A type of UTF-8 strings with that many bytes, or, if nil, with any length. Source: H5Tcopy, H5Tset_size, H5Tset_cset,
  /// H5Tset_strpad
  func stringType(width: Int?, _ action: String) throws(HDF5Error) -> HDF5Handle {
    let type = HDF5Handle(
      try HDF5Error.check("H5Tcopy", action, path) { H5Tcopy(hdf5_c_string()) }, closedBy: H5Tclose)
    try HDF5Error.check("H5Tset_size", action, path) { H5Tset_size(type.id, width ?? hdf5_variable_length()) }
    try HDF5Error.check("H5Tset_cset", action, path) { H5Tset_cset(type.id, H5T_CSET_UTF8) }
    if width != nil { try HDF5Error.check("H5Tset_strpad", action, path) { H5Tset_strpad(type.id, H5T_STR_NULLPAD) } }
    return type
  }

  /// Reads a name of unknown length: calls `read` once without a buffer, which gives the length, and once with a buffer.
  func name(
    _ call: StaticString, _ action: String, _ read: (UnsafeMutablePointer<CChar>?, Int) -> Int
  ) throws(HDF5Error) -> String {
    let count = try HDF5Error.check(call, action, path) { read(nil, 0) }
    var buffer = [CChar](repeating: 0, count: count + 1)
    _ = try HDF5Error.check(call, action, path) { read(&buffer, count + 1) }
    return String(decoding: buffer.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
