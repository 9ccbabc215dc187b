import CHDF5
import Files

/// Data sets with the SHA-256 of their bytes as the attribute `sha256`: HDF5 itself doesn't notice a flipped bit in data.
extension HDF5File {
  public static let checksumAttribute = "sha256"

  // MARK: Writing

  /// Writes values as `write(_:shape:to:)` does, and their checksum.
  /// - Returns: The checksum.
  @discardableResult
  public func writeSigned(_ values: UnsafeBufferPointer<Float>, shape: [Int], to dataSet: String) throws(HDF5Error) -> String {
    try write(values, shape: shape, to: dataSet)
    return try sign(dataSet, UnsafeRawBufferPointer(values))
  }

  @discardableResult
  public func writeSigned(_ values: [Float], shape: [Int], to dataSet: String) throws(HDF5Error) -> String {
    try values.withUnsafeBufferPointer { (values) throws(HDF5Error) in try writeSigned(values, shape: shape, to: dataSet) }
  }

  @discardableResult
  public func writeSigned(_ values: [Int32], shape: [Int], to dataSet: String) throws(HDF5Error) -> String {
    try values.withUnsafeBufferPointer { (values) throws(HDF5Error) in
      try write(values, shape: shape, to: dataSet)
      return try sign(dataSet, UnsafeRawBufferPointer(values))
    }
  }

  /// Writes strings with a checksum, which is that of the padded bytes.
  @discardableResult
  public func writeSigned(_ strings: [String], to dataSet: String) throws(HDF5Error) -> String {
    let bytes = try Self.paddedBytes(strings, dataSet, path)
    try write(padded: bytes, count: strings.count, to: dataSet)
    return try bytes.withUnsafeBufferPointer { (bytes) throws(HDF5Error) in try sign(dataSet, UnsafeRawBufferPointer(bytes)) }
  }

  private func sign(_ dataSet: String, _ bytes: UnsafeRawBufferPointer) throws(HDF5Error) -> String {
    let checksum = SHA256.hex(of: bytes)
    try setAttribute(Self.checksumAttribute, of: dataSet, to: checksum)
    return checksum
  }

  // MARK: Reading

  /// Reads values and verifies their checksum.
  /// - Throws: `HDF5Error` if the data set has another shape, or its checksum is missing or wrong.
  public func readSignedFloats(_ dataSet: String, shape: [Int]) throws(HDF5Error) -> [Float] {
    let values = try readFloats(dataSet)
    try expect(shape, values.shape, dataSet)
    try values.values.withUnsafeBufferPointer { (values) throws(HDF5Error) in
      try verify(dataSet, UnsafeRawBufferPointer(values))
    }
    return values.values
  }

  public func readSignedInt32s(_ dataSet: String, shape: [Int]? = nil) throws(HDF5Error) -> [Int32] {
    let values = try readInt32s(dataSet)
    try expect(shape ?? values.shape, values.shape, dataSet)
    try values.values.withUnsafeBufferPointer { (values) throws(HDF5Error) in
      try verify(dataSet, UnsafeRawBufferPointer(values))
    }
    return values.values
  }

  /// - Parameter count: The number of strings that there must be; nil for any number.
  public func readSignedStrings(_ dataSet: String, count: Int? = nil) throws(HDF5Error) -> [String] {
    let (strings, bytes) = try readPadded(dataSet)
    try expect([count ?? strings.count], [strings.count], dataSet)
    try bytes.withUnsafeBufferPointer { (bytes) throws(HDF5Error) in try verify(dataSet, UnsafeRawBufferPointer(bytes)) }
    return strings
  }

  private func expect(_ shape: [Int], _ found: [Int], _ dataSet: String) throws(HDF5Error) {
    guard found == shape else {
      throw HDF5Error(
        .unexpectedShape, path: path, action: "read data set \(dataSet) of", reason: "expected shape \(shape), found \(found)")
    }
  }

  private func verify(_ dataSet: String, _ bytes: UnsafeRawBufferPointer) throws(HDF5Error) {
    let action = "read data set \(dataSet) of"
    guard case .string(let checksum)? = try attribute(Self.checksumAttribute, of: dataSet) else {
      throw HDF5Error(.other, path: path, action: action, reason: "it has no checksum")
    }
    guard checksum == SHA256.hex(of: bytes) else {
      throw HDF5Error(
        .other, path: path, action: action, reason: "it has been damaged since it was written (its checksum differs)")
    }
  }
}
