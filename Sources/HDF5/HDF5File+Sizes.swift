import CHDF5
import Files
import Foundation
import Sizes

/// Compares the sizes that a file states with what it holds before memory is allocated for them: a file of 18 kB may declare 19
/// GB.
extension HDF5File {
  /// The most bytes that one stored byte may unpack to: this is the limit of deflate, the best compression that HDF5 has built
  /// in.
  /// Source: zlib.net, technical details
  static let largestExpansion: UInt64 = 1032

  /// The most bytes of a string attribute that is read; the longest that this program writes is a network's description.
  static let longestString = 1 << 26

  /// Refuses a data set that declares more bytes than are stored for it. One that is stored in one piece may declare as many
  /// bytes as are stored; one in chunks, which may be compressed, `largestExpansion` times as many. (Its creation properties
  /// would say whether it is compressed; but HDF5 1.10 reads beyond its memory if those are damaged.)
  ///
  /// - Parameters:
  ///   - bytes: The number of bytes of its elements, according to its shape and type.
  ///   - id: The HDF5 identifier of the data set.
  /// - Throws: `HDF5Error` of kind `truncated`. Source: H5Dget_storage_size, H5Dget_offset
  func requireStored(_ bytes: UInt64, _ id: hid_t, _ dataSet: String) throws(HDF5Error) {
    guard bytes > 0 else { return }
    let action = "open data set \(dataSet) of"
    let stored = HDF5Lock.hold { H5Dget_storage_size(id) }
    guard stored > 0 else { throw HDF5Error(.truncated, path: path, action: action, reason: "its values were never written") }
    let isInOnePiece = HDF5Lock.hold { H5Dget_offset(id) } != hdf5_undefined_address()
    let fileBytes = UInt64(max(FileStamp(of: FileName(path))?.bytes ?? Int.max, 0))
    let most = min(stored, fileBytes).multipliedReportingOverflow(by: isInOnePiece ? 1 : Self.largestExpansion)
    guard most.overflow || bytes <= most.partialValue else {
      throw HDF5Error(
        .truncated, path: path, action: action,
        reason: "it declares \(bytes) bytes, of which \(min(stored, fileBytes)) are stored in the file")
    }
  }

  /// Throws if there isn't enough memory for a data set, before it is allocated.
  func requireMemory(for dataSet: HDF5DataSet) throws(HDF5Error) {
    do {
      try MemoryBudget.process.require(dataSet.byteCount, .file, for: "data set \(dataSet.path) of shape \(dataSet.shape)")
    } catch {
      throw HDF5Error(.noMemory, path: path, action: "read data set \(dataSet.path) of", reason: "\(error)")
    }
  }
}
