import CHDF5
import Files
import Sizes

#if !_endian(little)
  #error("Data sets are stored little-endian and hashed as they lie in memory.")
#endif

/// The type of a data set's elements.
public enum HDF5Element: Sendable, Hashable, CustomStringConvertible {
  case float32, int32
  /// Strings in null-padded UTF-8; the number is the length in bytes that each takes.
  case string(Int)
  /// A type that this module doesn't write.
  case other(String)

  public var description: String {
    switch self {
    case .float32: "float32"
    case .int32: "int32"
    case .string(let width): "string(\(width))"
    case .other(let name): name
    }
  }
}

/// The facts that a file states about a data set.
public struct HDF5DataSet: Sendable, Hashable {
  public let path: String
  public let element: HDF5Element
  /// The shape in C order; empty for a scalar.
  public let shape: [Int]
  /// The number of bytes of all elements as stored, without what the file adds.
  public let byteCount: Int

  public var count: Int { shape.reduce(1, *) }
}

// MARK: - Writing

extension HDF5File {
  /// Writes values as a new contiguous data set of little-endian float32 in C order. Source: H5Dcreate2, H5Dwrite
  public func write(_ values: UnsafeBufferPointer<Float>, shape: [Int], to dataSet: String) throws(HDF5Error) {
    try write(
      UnsafeRawBufferPointer(values), count: values.count, shape: shape, to: dataSet,
      stored: hdf5_float32_little_endian(), memory: hdf5_native_float())
  }

  public func write(_ values: [Float], shape: [Int], to dataSet: String) throws(HDF5Error) {
    try values.withUnsafeBufferPointer { (values) throws(HDF5Error) in try write(values, shape: shape, to: dataSet) }
  }

  /// Writes values as a new contiguous data set of little-endian int32 in C order. Source: H5Dcreate2, H5Dwrite
  public func write(_ values: UnsafeBufferPointer<Int32>, shape: [Int], to dataSet: String) throws(HDF5Error) {
    try write(
      UnsafeRawBufferPointer(values), count: values.count, shape: shape, to: dataSet,
      stored: hdf5_int32_little_endian(), memory: hdf5_native_int32())
  }

  public func write(_ values: [Int32], shape: [Int], to dataSet: String) throws(HDF5Error) {
    try values.withUnsafeBufferPointer { (values) throws(HDF5Error) in try write(values, shape: shape, to: dataSet) }
  }

  func write(
    _ bytes: UnsafeRawBufferPointer, count: Int, shape: [Int], to dataSet: String, stored: @autoclosure () -> hid_t,
    memory: @autoclosure () -> hid_t
  ) throws(HDF5Error) {
    precondition(count == shape.reduce(1, *), "\(dataSet): \(count) values are not of shape \(shape)")
    let action = "write data set \(dataSet) of"
    let sizes = shape.map { hsize_t($0) }
    let space = HDF5Handle(
      try HDF5Error.check("H5Screate_simple", action, path) { H5Screate_simple(Int32(sizes.count), sizes, nil) },
      closedBy: H5Sclose)
    if let slash = dataSet.lastIndex(of: "/"), slash != dataSet.startIndex { try createGroup(String(dataSet[..<slash])) }
    let links = try linkCreation()
    let creation = try Self.timeless(hdf5_data_set_creation_class(), path)
    if bytes.count >= Self.largeDataSet {
      // Gives the data set its place in the file at once, and writes no fill values there that would be overwritten.
      try HDF5Error.check("H5Pset_alloc_time", action, path) { H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY) }
      try HDF5Error.check("H5Pset_fill_time", action, path) { H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER) }
    }
    let id = try HDF5Error.check("H5Dcreate2", action, path) {
      H5Dcreate2(handle.id, dataSet, stored(), space.id, links.id, creation.id, hdf5_default())
    }
    let owner = HDF5Handle(id, closedBy: H5Dclose)
    guard count > 0 else { return }
    if bytes.count >= Self.largeDataSet, try writeDirectly(bytes, to: owner) {
      return try owner.close("H5Dclose", action, path)
    }
    try HDF5Error.check("H5Dwrite", action, path) {
      H5Dwrite(owner.id, memory(), hdf5_whole_space(), hdf5_whole_space(), hdf5_default(), bytes.baseAddress)
    }
    try owner.close("H5Dclose", action, path)
  }
}

extension HDF5File {
  /// Writes the data past the page cache; returns false if that isn't possible here. Source: H5Dget_offset
  private func writeDirectly(_ bytes: UnsafeRawBufferPointer, to dataSet: borrowing HDF5Handle) throws(HDF5Error) -> Bool {
    guard let direct else { return false }
    let id = dataSet.id
    let offset = HDF5Lock.hold { H5Dget_offset(id) }
    guard offset != hdf5_undefined_address() else { return false }
    do {
      return try direct.write(bytes, at: Int(offset))
    } catch {
      throw HDF5Error(error)
    }
  }
}

// MARK: - Reading

extension HDF5File {
  /// The shape and element type of a data set. Source: H5Dget_space, H5Dget_type
  /// - Throws: `HDF5Error` of kind `noSuchObject` if there is no such data set.
  public func dataSet(_ dataSet: String) throws(HDF5Error) -> HDF5DataSet {
    let owner = try openDataSet(dataSet)
    return try describe(owner, dataSet)
  }

  /// The shape of a data set in C order. Source: H5Sget_simple_extent_dims
  public func shape(of dataSet: String) throws(HDF5Error) -> [Int] { try self.dataSet(dataSet).shape }

  /// Reads a float32 data set, which must have exactly that shape. Source: H5Dread
  public func read(
    _ dataSet: String, shape: [Int], into values: UnsafeMutableBufferPointer<Float>
  ) throws(HDF5Error) {
    try read(dataSet, element: .float32, shape: shape, into: UnsafeMutableRawBufferPointer(values))
  }

  /// Reads an int32 data set, which must have exactly that shape. Source: H5Dread
  public func read(
    _ dataSet: String, shape: [Int], into values: UnsafeMutableBufferPointer<Int32>
  ) throws(HDF5Error) {
    try read(dataSet, element: .int32, shape: shape, into: UnsafeMutableRawBufferPointer(values))
  }

  /// Reads a float32 data set of any shape. Source: H5Dread
  public func readFloats(_ dataSet: String) throws(HDF5Error) -> (values: [Float], shape: [Int]) {
    let found = try self.dataSet(dataSet)
    let values = try readArray(found, zero: Float(0), as: .float32)
    return (values, found.shape)
  }

  /// Reads an int32 data set of any shape. Source: H5Dread
  public func readInt32s(_ dataSet: String) throws(HDF5Error) -> (values: [Int32], shape: [Int]) {
    let found = try self.dataSet(dataSet)
    let values = try readArray(found, zero: Int32(0), as: .int32)
    return (values, found.shape)
  }

  private func readArray<Value>(_ found: HDF5DataSet, zero: Value, as element: HDF5Element) throws(HDF5Error) -> [Value] {
    try expect(element, found)
    try requireMemory(for: found)
    var values = [Value](repeating: zero, count: found.count)
    try values.withUnsafeMutableBufferPointer { (values) throws(HDF5Error) in
      try read(found.path, element: element, shape: found.shape, into: UnsafeMutableRawBufferPointer(values))
    }
    return values
  }

  func read(
    _ dataSet: String, element: HDF5Element, shape: [Int], into bytes: UnsafeMutableRawBufferPointer
  ) throws(HDF5Error) {
    let owner = try openDataSet(dataSet)
    let found = try describe(owner, dataSet)
    try expect(element, found)
    guard found.shape == shape else {
      throw HDF5Error(
        .unexpectedShape, path: path, action: "read data set \(dataSet) of",
        reason: "expected shape \(shape), found \(found.shape)")
    }
    try readStored(owner, found, into: bytes)
  }

  /// Reads the bytes of a data set as they are stored, whatever its type. Its checksum is that of these bytes. Source: H5Dread
  public func readStored(_ dataSet: HDF5DataSet, into bytes: UnsafeMutableRawBufferPointer) throws(HDF5Error) {
    let owner = try openDataSet(dataSet.path)
    try readStored(owner, dataSet, into: bytes)
  }

  private func readStored(
    _ owner: borrowing HDF5Handle, _ found: HDF5DataSet, into bytes: UnsafeMutableRawBufferPointer
  ) throws(HDF5Error) {
    precondition(bytes.count == found.byteCount, "\(found.path) has \(found.byteCount) bytes, the buffer \(bytes.count)")
    guard found.byteCount > 0 else { return }
    let action = "read data set \(found.path) of"
    let type = HDF5Handle(try HDF5Error.check("H5Dget_type", action, path) { H5Dget_type(owner.id) }, closedBy: H5Tclose)
    try HDF5Error.check("H5Dread", action, path) {
      H5Dread(owner.id, type.id, hdf5_whole_space(), hdf5_whole_space(), hdf5_default(), bytes.baseAddress)
    }
  }

  private func expect(_ element: HDF5Element, _ found: HDF5DataSet) throws(HDF5Error) {
    guard found.element == element else {
      throw HDF5Error(
        .unexpectedType, path: path, action: "read data set \(found.path) of",
        reason: "expected \(element), found \(found.element)")
    }
  }

  func openDataSet(_ dataSet: String) throws(HDF5Error) -> HDF5Handle {
    let action = "open data set \(dataSet) of"
    guard try contains(dataSet) else {
      throw HDF5Error(.noSuchObject, path: path, action: action, reason: "there is no such data set")
    }
    let id = try HDF5Error.check("H5Dopen2", action, path) { H5Dopen2(handle.id, dataSet, hdf5_default()) }
    return HDF5Handle(id, closedBy: H5Dclose)
  }

  private func describe(_ owner: borrowing HDF5Handle, _ dataSet: String) throws(HDF5Error) -> HDF5DataSet {
    let action = "open data set \(dataSet) of"
    let id = owner.id
    let space = HDF5Handle(try HDF5Error.check("H5Dget_space", action, path) { H5Dget_space(id) }, closedBy: H5Sclose)
    let rank = try HDF5Error.check("H5Sget_simple_extent_ndims", action, path) { H5Sget_simple_extent_ndims(space.id) }
    var sizes = [hsize_t](repeating: 0, count: Int(rank))
    try HDF5Error.check("H5Sget_simple_extent_dims", action, path) { H5Sget_simple_extent_dims(space.id, &sizes, nil) }
    let type = HDF5Handle(try HDF5Error.check("H5Dget_type", action, path) { H5Dget_type(id) }, closedBy: H5Tclose)
    let width = HDF5Lock.hold { H5Tget_size(type.id) }
    // The sizes come from the file: those of a damaged file must not overflow, nor ask for more memory than the file has data.
    let shape = sizes.compactMap { Int(exactly: $0) }
    guard shape.count == sizes.count, let bytes = CheckedSize.product([width] + shape) else {
      throw HDF5Error(.unexpectedShape, path: path, action: action, reason: "its shape \(sizes) is impossible")
    }
    try requireStored(UInt64(bytes), id, dataSet)
    return HDF5DataSet(path: dataSet, element: HDF5Lock.hold { element(of: type, width: width) }, shape: shape, byteCount: bytes)
  }

  /// Must be called while the lock is held.
  private func element(of type: borrowing HDF5Handle, width: Int) -> HDF5Element {
    if H5Tequal(type.id, hdf5_float32_little_endian()) > 0 { return .float32 }
    if H5Tequal(type.id, hdf5_int32_little_endian()) > 0 { return .int32 }
    switch H5Tget_class(type.id) {
    case H5T_STRING: return H5Tis_variable_str(type.id) > 0 ? .other("variable-length string") : .string(width)
    case H5T_INTEGER: return .other("\(H5Tget_sign(type.id) == H5T_SGN_NONE ? "u" : "")int\(width * 8)")
    case H5T_FLOAT: return .other("float\(width * 8)")
    default: return .other("a type of \(width) bytes")
    }
  }
}
