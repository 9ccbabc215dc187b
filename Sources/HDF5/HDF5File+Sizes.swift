import CHDF5
import Foundation
import Sizes

/// What a file says of sizes is compared with what there is before memory is taken for it: a file of 18 kB may declare 19 GB.
extension HDF5File {
  /// Deflate, the best packer that HDF5 has by itself, makes at most 1032 bytes of one. Source: zlib.net, technical details
  static let largestExpansion: UInt64 = 1032

  /// Longer strings aren't read from attributes: our longest is a network's description.
  static let longestString = 1 << 26

  /// Refuses a data set that declares more bytes than are stored of it: as many of one in a piece, `largestExpansion` times as many of
  /// one in chunks, which may be packed. (Its creation properties would say whether it is; but HDF5 1.10 reads beyond its memory where
  /// those are damaged.)
  ///
  /// - Parameters:
  ///   - bytes: of its elements, as its shape and type say.
  ///   - id: of the data set.
  /// - Throws: `HDF5Error` of kind `truncated`. Source: H5Dget_storage_size, H5Dget_offset
  func requireStored(_ bytes: UInt64, _ id: hid_t, _ dataSet: String) throws(HDF5Error) {
    guard bytes > 0 else { return }
    let action = "open data set \(dataSet) of"
    let stored = HDF5Lock.hold { H5Dget_storage_size(id) }
    guard stored > 0 else { throw HDF5Error(.truncated, path: path, action: action, reason: "its values were never written") }
    let isInOnePiece = HDF5Lock.hold { H5Dget_offset(id) } != hdf5_undefined_address()
    let fileBytes = UInt64(max(fileSize() ?? Int.max, 0))
    let most = min(stored, fileBytes).multipliedReportingOverflow(by: isInOnePiece ? 1 : Self.largestExpansion)
    guard most.overflow || bytes <= most.partialValue else {
      throw HDF5Error(
        .truncated, path: path, action: action,
        reason: "it declares \(bytes) bytes, of which \(min(stored, fileBytes)) are stored in the file")
    }
  }

  /// Bytes, nil when the system doesn't say.
  private func fileSize() -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// Says that there isn't memory for a data set, before it is taken.
  func requireMemory(for dataSet: HDF5DataSet) throws(HDF5Error) {
    do {
      try MemoryBudget.process.require(dataSet.byteCount, .file, for: "data set \(dataSet.path) of shape \(dataSet.shape)")
    } catch {
      throw HDF5Error(.noMemory, path: path, action: "read data set \(dataSet.path) of", reason: "\(error)")
    }
  }
}
