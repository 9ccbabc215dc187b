import CHDF5
import Files
import Foundation

/// An open HDF5 file, which is closed when its owner goes.
///
/// Objects are named by their paths (`/parameters/conv1/weights`); missing groups of a path are made when a data set is written.
/// Calls from several threads wait for each other (`HDF5Lock`). HDF5_USE_FILE_LOCKING=FALSE, which the library itself reads,
/// turns its file locks off, for network file systems without locks.
public struct HDF5File: ~Copyable {
  /// The name that errors use: the final name, also while the file is written under a temporary one.
  public let path: String
  let handle: HDF5Handle
  /// Writes the large data sets of a new file; nil for a file that is read.
  let direct: DirectWriter?
  /// Checks the texts of a file that is read; nil for a new file.
  let heaps: HDF5Heaps?

  private init(path: String, handle: consuming HDF5Handle, direct: DirectWriter? = nil, heaps: HDF5Heaps? = nil) {
    self.heaps = heaps
    self.path = path
    self.handle = handle
    self.direct = direct
  }

  /// Data sets of at least so many bytes begin at a page of the disk, and are written past the page cache if that is possible.
  static let largeDataSet = 1 << 20

  /// Creates an empty file, replacing one of that name. For results use `write(to:_:)`.
  ///
  /// The 1.8 format, which every version of HDF5 since then reads, has checksums for all of its metadata. The file isn't locked:
  /// no other program knows its name until it is whole, and a process forked meanwhile would keep the lock. Source: H5Fcreate,
  /// H5Pset_libver_bounds, H5Pset_alignment, H5Pset_file_locking
  public static func create(at path: String) throws(HDF5Error) -> HDF5File { try create(at: path, named: path) }

  private static func create(at path: String, named name: String) throws(HDF5Error) -> HDF5File {
    let access = HDF5Handle(
      try HDF5Error.check("H5Pcreate", "create", name) { H5Pcreate(hdf5_file_access_class()) }, closedBy: H5Pclose)
    try HDF5Error.check("H5Pset_libver_bounds", "create", name) {
      H5Pset_libver_bounds(access.id, H5F_LIBVER_V18, H5F_LIBVER_V18)
    }
    try HDF5Error.check("H5Pset_alignment", "create", name) {
      H5Pset_alignment(access.id, hsize_t(largeDataSet), hsize_t(DirectWriter.alignment))
    }
    try HDF5Error.check("H5Pset_file_locking", "create", name) { H5Pset_file_locking(access.id, false, true) }
    let creation = try timeless(hdf5_file_creation_class(), name)
    let id = try HDF5Error.check("H5Fcreate", "write", name) { H5Fcreate(path, hdf5_truncate(), creation.id, access.id) }
    return HDF5File(path: name, handle: HDF5Handle(id, closedBy: H5Fclose), direct: DirectWriter(path, named: name))
  }

  /// Creation properties for a file, group or data set that leave out the time: so the same contents give the same bytes.
  ///
  /// Source: H5Pset_obj_track_times
  static func timeless(_ propertyClass: @autoclosure () -> hid_t, _ name: String) throws(HDF5Error) -> HDF5Handle {
    let list = HDF5Handle(try HDF5Error.check("H5Pcreate", "write", name) { H5Pcreate(propertyClass()) }, closedBy: H5Pclose)
    try HDF5Error.check("H5Pset_obj_track_times", "write", name) { H5Pset_obj_track_times(list.id, false) }
    return list
  }

  /// Opens a file for reading. A storage that is away is waited for; see `StoragePatience`. Source: H5Fopen
  /// - Throws: `HDF5Error` of kind `noSuchFile`, `notHDF5`, `truncated` or `locked`, or of another kind if its first block is
  ///   damaged.
  public static func open(at path: String) throws(HDF5Error) -> HDF5File {
    let id: hid_t
    do {
      id = try StoragePatience.read(
        // A lock of another program says nothing about the storage, and may last long.
        path, code: { $0.kind == .locked ? nil : $0.code },
        givingUp: { HDF5Error($0.kind == .stopped ? .stopped : .storage, path: path, action: "open", reason: $0.description) }
      ) { () throws(HDF5Error) in
        try HDF5Error.check("H5Fopen", "open", path) { H5Fopen(path, hdf5_read_only(), hdf5_default()) }
      }
    } catch {
      throw sizeNamed(error)
    }
    return HDF5File(path: path, handle: HDF5Handle(id, closedBy: H5Fclose), heaps: HDF5Heaps(path))
  }

  /// Makes a clearer error for a path that is a folder, an empty file, or a file of another known kind.
  private static func sizeNamed(_ error: HDF5Error) -> HDF5Error {
    var status = stat()
    guard stat(error.path, &status) == 0 else { return error }
    if status.st_mode & S_IFMT == S_IFDIR {
      return HDF5Error(.notHDF5, path: error.path, action: error.action, reason: "it is a folder")
    }
    guard error.kind == .notHDF5 else { return error }
    if status.st_size == 0 { return HDF5Error(.notHDF5, path: error.path, action: error.action, reason: "the file is empty") }
    let foreign = ForeignFile.recognised(at: error.path)
    return HDF5Error(
      .notHDF5, path: error.path, action: error.action,
      reason: "\(error.reason) (\(status.st_size) bytes)" + (foreign.map { ", but \($0.what)" } ?? ""), hint: foreign?.remedy)
  }

  /// Writes what is buffered to the system and closes the file. Source: H5Fclose
  public consuming func close() throws(HDF5Error) {
    let path = path
    try handle.close("H5Fclose", "write", path)
  }

  /// Writes a file that gets its final name only when it is whole and on the disk.
  ///
  /// `body` writes to a temporary file in the same folder; then the file is closed, flushed to the disk and renamed, and the
  /// folder is flushed.
  /// - Throws: `HDF5Error`, of kind `noSpace` on a full disk. The temporary file is then removed, and the file with the final
  ///   name is untouched.
  public static func write<Result>(
    to finalPath: String, _ body: (borrowing HDF5File) throws(HDF5Error) -> Result
  ) throws(HDF5Error) -> Result {
    try FileActivity.during(.writing, finalPath) { () throws(HDF5Error) in try writeNow(to: finalPath, body) }
  }

  private static func writeNow<Result>(
    to finalPath: String, _ body: (borrowing HDF5File) throws(HDF5Error) -> Result
  ) throws(HDF5Error) -> Result {
    let temporary = TemporaryFile(for: finalPath)
    let file = try create(at: temporary.path, named: finalPath)
    let result = try body(file)
    try file.close()
    do {
      try temporary.commit()
    } catch {
      throw HDF5Error(error)
    }
    return result
  }
}

// MARK: - Groups and links

extension HDF5File {
  /// Makes a group and missing groups above it; does nothing if it exists. Source: H5Gcreate2
  public func createGroup(_ group: String) throws(HDF5Error) {
    guard try !contains(group) else { return }
    if let slash = group.lastIndex(of: "/"), slash != group.startIndex { try createGroup(String(group[..<slash])) }
    let links = try linkCreation()
    let creation = try Self.timeless(hdf5_group_creation_class(), path)
    let id = try HDF5Error.check("H5Gcreate2", "create group \(group) in", path) {
      H5Gcreate2(handle.id, group, links.id, creation.id, hdf5_default())
    }
    _ = HDF5Handle(id, closedBy: H5Gclose)
  }

  /// True if there is a group or a data set of that path. Source: H5Lexists
  public func contains(_ object: String) throws(HDF5Error) -> Bool {
    // H5Lexists fails if a group on the way is missing, so each part of the path is looked up in turn.
    var prefix = ""
    for part in object.split(separator: "/") {
      prefix += "/\(part)"
      let answer = try HDF5Error.check("H5Lexists", "look for \(object) in", path) {
        H5Lexists(handle.id, prefix, hdf5_default())
      }
      if answer == 0 { return false }
    }
    return true
  }

  /// The names in a group, in alphabetical order. Source: H5Gget_info, H5Lget_name_by_idx
  public func children(of group: String = "/") throws(HDF5Error) -> [String] {
    let action = "list group \(group) of"
    let id = try HDF5Error.check("H5Gopen2", action, path) { H5Gopen2(handle.id, group, hdf5_default()) }
    let owner = HDF5Handle(id, closedBy: H5Gclose)
    var info = H5G_info_t()
    try HDF5Error.check("H5Gget_info", action, path) { H5Gget_info(owner.id, &info) }
    var names: [String] = []
    for index in 0..<info.nlinks {
      names.append(
        try name("H5Lget_name_by_idx", action) {
          H5Lget_name_by_idx(owner.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, $0, $1, hdf5_default())
        })
    }
    return names
  }

  /// The paths of all data sets at and below a group, in alphabetical order. Source: H5Oopen, H5Iget_type
  public func dataSets(below group: String = "/") throws(HDF5Error) -> [String] {
    try dataSets(below: group, depth: 0).sorted()
  }

  private func dataSets(below group: String, depth: Int) throws(HDF5Error) -> [String] {
    guard depth < 32 else {
      throw HDF5Error(.other, path: path, action: "list the data sets of", reason: "its groups are nested more than 32 deep")
    }
    var found: [String] = []
    for name in try children(of: group) {
      let child = group.hasSuffix("/") ? group + name : "\(group)/\(name)"
      let id = try HDF5Error.check("H5Oopen", "open \(child) in", path) { H5Oopen(handle.id, child, hdf5_default()) }
      let object = HDF5Handle(id, closedBy: H5Oclose)
      switch HDF5Lock.hold({ H5Iget_type(object.id) }) {
      case H5I_DATASET: found.append(child)
      case H5I_GROUP: found += try dataSets(below: child, depth: depth + 1)
      default: break
      }
    }
    return found
  }

  /// Properties for new links, whose names are UTF-8. Source: H5Pset_char_encoding
  func linkCreation() throws(HDF5Error) -> HDF5Handle {
    let list = HDF5Handle(
      try HDF5Error.check("H5Pcreate", "write", path) { H5Pcreate(hdf5_link_creation_class()) }, closedBy: H5Pclose)
    try HDF5Error.check("H5Pset_char_encoding", "write", path) { H5Pset_char_encoding(list.id, H5T_CSET_UTF8) }
    return list
  }
}
