import Cluster
import Data
import DataSets
import Files
import Foundation
import Images

/// The pictures of one split of a pack, read at their places by any number of threads in any order.
///
/// It uses reads and not a memory map, so that a lost server or a cut file is an error with a name, not a signal that ends the
/// process.
public final class PackSource: PictureSource {
  public let geometry: InputGeometry
  private let pack: Pack
  private let split: PackedSplit
  private let samples: [Sample]
  /// One open descriptor per shard.
  private let descriptors: [Int32]
  private let paths: [String]

  /// - Parameters:
  ///   - samples: The samples of the split, with the wanted labels.
  ///   - geometry: How pictures become inputs.
  /// - Throws: `DataError` if a shard can't be opened; `JobError` if the pack's pictures are smaller than the geometry needs.
  init(_ pack: Pack, _ split: Split, samples: [Sample], geometry: InputGeometry) throws {
    let (own, shorterSide) = (pack.settings.shorterSide, geometry.shorterSide)
    guard shorterSide <= own else {
      throw JobError.wrongUse(
        "the pictures of \(pack.path) have a shorter side of \(own) pixels, \(shorterSide) are wanted; give --shorter-side \(own) if "
          + "the network's crops fit into it, or prepare them again with --shorter-side \(shorterSide)")
    }
    self.pack = pack
    self.split = pack[split]
    self.samples = samples
    self.geometry = geometry
    var descriptors: [Int32] = []
    var paths: [String] = []
    for shard in pack.settings.shards where shard.split == split {
      let path = PackFolder(pack.path).file(of: shard)
      do throws(ImageError) {
        descriptors.append(
          try StoragePatience.read(path, code: { $0.code }, givingUp: { ImageError($0) }) { () throws(ImageError) in
            try Self.descriptor(of: path)
          })
      } catch {
        descriptors.forEach { close($0) }
        let isOfThePack = error.kind.isOfThePicture
        throw DataError(isOfThePack ? .unreadable : error.kind == .stopped ? .stopped : .storage, error.description)
      }
      paths.append(path)
    }
    self.descriptors = descriptors
    self.paths = paths
  }

  /// Source: open(2)
  private static func descriptor(of path: String) throws(ImageError) -> Int32 {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    let code = errno
    guard descriptor >= 0 else {
      throw ImageError(.unreadable, "cannot open \(path): \(String(cString: strerror(code)))", code: code)
    }
    return descriptor
  }

  deinit { descriptors.forEach { close($0) } }

  public var count: Int { samples.count }
  public var needsDecoding: Bool { pack.settings.pixels != .raw }
  public func label(at index: Int) -> Int { samples[index].label }
  public func isLeftOut(at index: Int) -> Bool { split.rows.lengths[index] == 0 }
  public func name(at index: Int) -> String { "\(pack.path)/\(split.names[index])" }

  public func picture(at index: Int, decoder: PictureDecoder) throws(ImageError) -> PreparedPicture {
    let count = Int(split.rows.lengths[index])
    let name = name(at: index)
    guard count > 0 else { throw ImageError(.leftOut, "\(name) couldn't be read when the pack was made; see report.csv") }
    let bytes = try read(index, count)
    guard bytes.withUnsafeBytes({ crc32(of: $0) }) == UInt32(bitPattern: split.rows.crcs[index]) else {
      throw ImageError(
        .undecodable, "\(name) has been damaged since the pack was made; `inspect \(pack.path)` tells which shard is")
    }
    if pack.settings.pixels == .raw {
      let (width, height) = (Int(split.rows.sizes[2 * index]), Int(split.rows.sizes[2 * index + 1]))
      guard width > 0, height > 0, count == width * height * 3 else {
        throw ImageError(.undecodable, "\(name): \(count) bytes are no \(width)×\(height) RGB pixels")
      }
      return try geometry.prepare(Picture(width: width, height: height, pixels: bytes), name: name)
    }
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(ImageError) -> PreparedPicture in try geometry.prepare(bytes, name: name, decoder: decoder) }
    }
    return try result.get()
  }

  /// Reads a picture's bytes. A storage that is away is waited for, and the shard is opened again: a file server that was
  /// restarted may not know the old descriptor.
  private func read(_ index: Int, _ count: Int) throws(ImageError) -> [UInt8] {
    let shard = index / split.shardPictures
    let path = paths[shard]
    let place = split.offsets[index]..<(split.offsets[index] + count)
    return try StoragePatience.read(
      path, code: { $0.code }, otherReads: { self.isShardReadable(path, besides: place) }, givingUp: { ImageError($0) }
    ) { () throws(ImageError) in
      do throws(ImageError) {
        return try readOnce(index, count, descriptors[shard])
      } catch {
        guard error.code != nil else { throw error }
        let fresh = try Self.descriptor(of: path)
        // Replaces the old descriptor under its number, because other threads may be reading from it. Source: dup2(2)
        dup2(fresh, descriptors[shard])
        _ = fcntl(descriptors[shard], F_SETFD, FD_CLOEXEC)
        close(fresh)
        return try readOnce(index, count, descriptors[shard])
      }
    }
  }

  /// True if some place of a shard outside of a picture can be read; nil if there is no such place.
  private func isShardReadable(_ path: String, besides picture: Range<Int>) -> Bool? {
    guard let size = fileSize(path), size > 0 else { return false }
    let places = [0, size / 3, 2 * size / 3, size - 1].filter { !picture.contains($0) }
    let found = places.compactMap { StoragePatience.isReadable(path, at: $0) }
    return found.isEmpty ? nil : found.contains(true)
  }

  /// Source: pread(2)
  private func readOnce(_ index: Int, _ count: Int, _ descriptor: Int32) throws(ImageError) -> [UInt8] {
    var failure: Int32?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count {
        let result = pread(descriptor, buffer.baseAddress! + done, count - done, off_t(split.offsets[index] + done))
        if result < 0, errno == EINTR { continue }
        if result <= 0 {
          failure = result == 0 ? 0 : errno
          return
        }
        done += result
      }
    }
    if let failure {
      let reason = failure == 0 ? "its shard has been cut" : String(cString: strerror(failure))
      throw ImageError(
        .unreadable, "cannot read \(name(at: index)): \(reason)", code: failure == 0 ? nil : failure)
    }
    return bytes
  }
}
