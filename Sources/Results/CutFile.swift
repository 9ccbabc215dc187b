import Files
import Foundation

/// Recognises HDF5 files and PNG pictures that a full disk, a broken copy or a killed program has cut.
///
/// Only some bytes at the start and at the end are read, so that tens of thousands of files can be looked at; damage in between is
/// found by their readers.
enum CutFile {
  private static let signatureOfHDF5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let signatureOfPNG: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// The last chunk of every PNG: its length, its name and its check value.
  private static let endOfPNG: [UInt8] = [0, 0, 0, 0] + "IEND".utf8 + [0xAE, 0x42, 0x60, 0x82]

  /// The reason why a file named `.h5` or `.png` can't be whole, such as `it ends after 512 of 2048 bytes`; nil if it begins and
  /// ends as it should, or has another name. Source: HDF5 File Format Specification, II.A; PNG Specification, 5.3
  ///
  /// - Throws: `FileError` if the file can't be read. A storage that is away is waited for; see `StoragePatience`.
  static func reason(_ path: String) throws(FileError) -> String? {
    guard path.hasSuffix(".h5") || path.hasSuffix(".png") else { return nil }
    return try StoragePatience.read(
      // A file that isn't there isn't waited for.
      path, code: { [0, ENOENT].contains($0.code) ? nil : $0.code }, givingUp: { FileError($0, path: path) }
    ) { () throws(FileError) in try path.hasSuffix(".h5") ? ofHDF5(Ends(path, end: 0)) : ofPNG(Ends(path, end: endOfPNG.count)) }
  }

  /// The size of a file, and bytes at its start and end.
  private struct Ends {
    var size = 0
    var start = [UInt8](repeating: 0, count: 36)
    var end: [UInt8]

    init(_ path: String, end count: Int) throws(FileError) {
      end = [UInt8](repeating: 0, count: count)
      let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0 else { throw FileError("open", "read", path) }
      defer { close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw FileError("fstat", "read", path) }
      size = Int(status.st_size)
      // Where the file is shorter, zeros stay.
      guard pread(descriptor, &start, start.count, 0) >= 0, pread(descriptor, &end, count, max(0, size - count)) >= 0 else {
        throw FileError("pread", "read", path)
      }
    }
  }

  private static func ofPNG(_ file: Ends) -> String? {
    guard file.size > 0 else { return "it is empty" }
    guard file.start.starts(with: signatureOfPNG) else { return "it is no PNG picture" }
    return file.end == endOfPNG ? nil : "it ends after \(file.size) bytes, within the picture"
  }

  /// The superblock says where the file ends. Versions before 2, which other programs may write, aren't looked into.
  private static func ofHDF5(_ file: Ends) -> String? {
    guard file.size > 0 else { return "it is empty" }
    guard file.start.starts(with: signatureOfHDF5) else { return "it is no HDF5 file" }
    guard file.size >= file.start.count else { return "it ends after \(file.size) bytes" }
    guard file.start[8] >= 2, file.start[9] == 8 else { return nil }
    let end = file.start[28..<36].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return file.size < end ? "it ends after \(file.size) of \(end) bytes" : nil
  }
}
