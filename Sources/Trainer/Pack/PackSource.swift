import Foundation
import Images

/// Pictures of a split of a pack, by positioned reads: any number of threads, in any order.
///
/// Reads and not a memory map: a lost server or a cut file is then an error with a name, not a signal that ends the process.
public final class PackSource: PictureSource {
  public let shorterSide: Int
  private let pack: Pack
  private let split: PackedSplit
  private let samples: [Sample]
  /// One a shard.
  private let descriptors: [Int32]

  /// - Parameters:
  ///   - samples: of the split, with the labels that are wanted.
  ///   - shorterSide: what pictures are resized to.
  /// - Throws: `DataError` when a shard can't be opened, or the pack's pictures are smaller than that.
  init(_ pack: Pack, _ split: Split, samples: [Sample], shorterSide: Int) throws {
    let own = pack.settings.shorterSide
    guard shorterSide <= own else {
      throw TrainingError.wrongUse(
        "the pictures of \(pack.path) have a shorter side of \(own) pixels, \(shorterSide) are wanted; give --shorter-side \(own) if "
          + "the network's crops fit into it, or prepare them again with --shorter-side \(shorterSide)")
    }
    self.pack = pack
    self.split = pack[split]
    self.samples = samples
    self.shorterSide = shorterSide
    var descriptors: [Int32] = []
    for shard in pack.settings.shards where shard.split == split {
      let path = PackFolder(pack.path).file(of: shard)
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        let reason = String(cString: strerror(errno))
        descriptors.forEach { close($0) }
        throw DataError(.unreadable, "cannot open \(path): \(reason)")
      }
      descriptors.append(descriptor)
    }
    self.descriptors = descriptors
  }

  deinit { descriptors.forEach { close($0) } }

  public var count: Int { samples.count }
  public func label(at index: Int) -> Int { samples[index].label }
  public func name(at index: Int) -> String { "\(pack.path)/\(split.names[index])" }

  public func picture(at index: Int, decoder: PictureDecoder) throws(ImageError) -> Picture {
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
      return Picture(width: width, height: height, pixels: bytes)
    }
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(ImageError) -> Picture in try decoder.decode(bytes, name: name, minimumShorterSide: shorterSide) }
    }
    return try result.get()
  }

  /// Source: pread(2)
  private func read(_ index: Int, _ count: Int) throws(ImageError) -> [UInt8] {
    let descriptor = descriptors[index / split.shardPictures]
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
      throw ImageError(.unreadable, "cannot read \(name(at: index)): \(reason)")
    }
    return bytes
  }
}
