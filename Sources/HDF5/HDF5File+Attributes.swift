import CHDF5

/// The value of an attribute.
public enum HDF5Attribute: Sendable, Hashable, CustomStringConvertible {
  case string(String)
  case integer(Int64)
  case real(Double)
  /// A value of a kind that this module doesn't write.
  case other(String)

  public var description: String {
    switch self {
    case .string(let text), .other(let text): text
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    }
  }
}

/// Attributes of `/`, of a group, or of a data set. The object is named by its path.
extension HDF5File {
  /// Sets a UTF-8 string of any length, which h5py reads as a `str`. Source: H5Acreate_by_name, H5Awrite
  /// - Throws: `HDF5Error` of kind `invalidValue` for a string with a null character.
  public func setAttribute(_ name: String, of object: String = "/", to value: String) throws(HDF5Error) {
    let action = "write attribute \(name) of \(object) in"
    try Self.refuseNull(value, action, path)
    let type = try stringType(width: nil, action)
    try value.utf8CString.withUnsafeBufferPointer { (text) throws(HDF5Error) in
      var pointer = text.baseAddress
      try setAttribute(name, of: object, stored: type.id, memory: type.id, &pointer)
    }
  }

  /// Sets a 64-bit integer. Source: H5Acreate_by_name, H5Awrite
  public func setAttribute(_ name: String, of object: String = "/", to value: Int64) throws(HDF5Error) {
    var value = value
    try setAttribute(name, of: object, stored: hdf5_int64_little_endian(), memory: hdf5_native_int64(), &value)
  }

  /// Sets a float64. Source: H5Acreate_by_name, H5Awrite
  public func setAttribute(_ name: String, of object: String = "/", to value: Double) throws(HDF5Error) {
    var value = value
    try setAttribute(name, of: object, stored: hdf5_float64_little_endian(), memory: hdf5_native_double(), &value)
  }

  private func setAttribute(
    _ name: String, of object: String, stored: @autoclosure () -> hid_t, memory: @autoclosure () -> hid_t,
    _ value: UnsafeRawPointer
  ) throws(HDF5Error) {
    let action = "write attribute \(name) of \(object) in"
    if try hasAttribute(name, of: object, action) {
      try HDF5Error.check("H5Adelete_by_name", action, path) { H5Adelete_by_name(handle.id, object, name, hdf5_default()) }
    }
    let space = HDF5Handle(try HDF5Error.check("H5Screate", action, path) { H5Screate(H5S_SCALAR) }, closedBy: H5Sclose)
    let id = try HDF5Error.check("H5Acreate_by_name", action, path) {
      H5Acreate_by_name(handle.id, object, name, stored(), space.id, hdf5_default(), hdf5_default(), hdf5_default())
    }
    let attribute = HDF5Handle(id, closedBy: H5Aclose)
    try HDF5Error.check("H5Awrite", action, path) { H5Awrite(attribute.id, memory(), value) }
    try attribute.close("H5Aclose", action, path)
  }

  /// The value of an attribute; nil if the object has none of that name. Source: H5Aopen_by_name, H5Aread
  public func attribute(_ name: String, of object: String = "/") throws(HDF5Error) -> HDF5Attribute? {
    let action = "read attribute \(name) of \(object) in"
    guard try hasAttribute(name, of: object, action) else { return nil }
    let id = try HDF5Error.check("H5Aopen_by_name", action, path) {
      H5Aopen_by_name(handle.id, object, name, hdf5_default(), hdf5_default())
    }
    let attribute = HDF5Handle(id, closedBy: H5Aclose)
    let space = HDF5Handle(try HDF5Error.check("H5Aget_space", action, path) { H5Aget_space(attribute.id) }, closedBy: H5Sclose)
    let count = try HDF5Error.check("H5Sget_simple_extent_npoints", action, path) { H5Sget_simple_extent_npoints(space.id) }
    guard count == 1 else { return .other("\(count) values") }
    let type = HDF5Handle(try HDF5Error.check("H5Aget_type", action, path) { H5Aget_type(attribute.id) }, closedBy: H5Tclose)
    switch HDF5Lock.hold({ H5Tget_class(type.id) }) {
    case H5T_STRING:
      return .string(try readString(attribute, type: type, action))
    case H5T_INTEGER:
      var value: Int64 = 0
      try HDF5Error.check("H5Aread", action, path) { H5Aread(attribute.id, hdf5_native_int64(), &value) }
      return .integer(value)
    case H5T_FLOAT:
      var value = 0.0
      try HDF5Error.check("H5Aread", action, path) { H5Aread(attribute.id, hdf5_native_double(), &value) }
      return .real(value)
    default:
      return .other("a type of \(HDF5Lock.hold { H5Tget_size(type.id) }) bytes")
    }
  }

  /// Source: H5Aexists_by_name
  private func hasAttribute(_ name: String, of object: String, _ action: String) throws(HDF5Error) -> Bool {
    let answer = try HDF5Error.check("H5Aexists_by_name", action, path) {
      H5Aexists_by_name(handle.id, object, name, hdf5_default())
    }
    return answer > 0
  }

  /// Reads a string of variable or of fixed length. Source: H5Aread, H5free_memory
  private func readString(
    _ attribute: borrowing HDF5Handle, type: borrowing HDF5Handle, _ action: String
  ) throws(HDF5Error) -> String {
    let (id, typeID) = (attribute.id, type.id)
    if HDF5Lock.hold({ H5Tis_variable_str(typeID) }) > 0 {
      if let problem = heaps?.problem { throw HDF5Error(.other, path: path, action: action, reason: problem) }
      var text: UnsafeMutablePointer<CChar>?
      try HDF5Error.check("H5Aread", action, path) { H5Aread(id, typeID, &text) }
      guard let text else { return "" }
      defer { HDF5Lock.hold { _ = H5free_memory(text) } }
      return String(cString: text)
    }
    let width = HDF5Lock.hold { H5Tget_size(typeID) }
    guard width <= Self.longestString else {
      throw HDF5Error(.invalidValue, path: path, action: action, reason: "it is a text of \(width) bytes")
    }
    var bytes = [UInt8](repeating: 0, count: width)
    try HDF5Error.check("H5Aread", action, path) { H5Aread(id, typeID, &bytes) }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The names of the attributes of an object, in alphabetical order. Source: H5Oget_info, H5Aget_name_by_idx
  public func attributeNames(of object: String = "/") throws(HDF5Error) -> [String] {
    let action = "list the attributes of \(object) in"
    let id = try HDF5Error.check("H5Oopen", action, path) { H5Oopen(handle.id, object, hdf5_default()) }
    let owner = HDF5Handle(id, closedBy: H5Oclose)
    let count = try HDF5Error.check("H5Oget_info", action, path) { hdf5_attribute_count(owner.id) }
    var names: [String] = []
    for index in 0..<hsize_t(count) {
      names.append(
        try name("H5Aget_name_by_idx", action) {
          H5Aget_name_by_idx(owner.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, $0, $1, hdf5_default())
        })
    }
    return names
  }
}
