import Data
import DataSets
import Images
import Synchronization

/// A source of pictures for the loader: a folder of files, or a packed data set.
public protocol PictureSource: Sendable {
  var count: Int { get }
  /// The index of the sample's class.
  func label(at index: Int) -> Int
  /// The file's path, for reports.
  func name(at index: Int) -> String
  /// True if the picture is known to have no pixels, because the pack says that it couldn't be read when the pack was made.
  func isLeftOut(at index: Int) -> Bool
  /// The geometry by which the source's pictures become inputs.
  var geometry: InputGeometry { get }
  /// True if pictures must be decoded; raw pixels of a pack needn't be.
  var needsDecoding: Bool { get }
  /// The picture, ready to be written into a batch. Many threads call this, each with its own decoder.
  func picture(at index: Int, decoder: PictureDecoder) throws(ImageError) -> PreparedPicture
}

extension PictureSource {
  public func isLeftOut(at index: Int) -> Bool { false }
  public var needsDecoding: Bool { true }

  /// This source, or one that keeps its decoded pictures in up to so many bytes of memory. It does so if that can help: if there
  /// is something to decode, and more than a twentieth of the pictures fits.
  public func cached(bytes: Int) -> any PictureSource {
    // The bytes of all pictures, as if each were a photograph with sides of 4 : 3.
    let all = 4 * geometry.shorterSide * geometry.shorterSide * count
    return needsDecoding && bytes > all / 20 ? CachedSource(self, cacheBytes: bytes) : self
  }
}

/// Pictures that are decoded from their files.
public struct FolderSource: PictureSource {
  public let samples: [Sample]
  public let geometry: InputGeometry

  public init(samples: [Sample], geometry: InputGeometry) {
    self.samples = samples
    self.geometry = geometry
  }

  public var count: Int { samples.count }
  public func label(at index: Int) -> Int { samples[index].label }
  public func name(at index: Int) -> String { samples[index].path.written }

  public func picture(at index: Int, decoder: PictureDecoder) throws(ImageError) -> PreparedPicture {
    try geometry.prepare(contentsOf: samples[index].path, decoder: decoder)
  }
}

/// Another source's pictures, resized and kept in memory up to a budget of bytes: on small data sets decoding would take most of
/// the time.
///
/// The pictures that came first stay; when the budget is used up, the others are decoded each time. So a set that fits is decoded
/// only once, and for one that doesn't fit a constant part of the work is saved.
public final class CachedSource: PictureSource {
  private struct Store {
    var pictures: [PreparedPicture?]
    var bytes = 0
  }

  private let source: any PictureSource
  private let budget: Int
  private let store: Mutex<Store>

  public init(_ source: any PictureSource, cacheBytes: Int) {
    self.source = source
    budget = cacheBytes
    store = Mutex(Store(pictures: [PreparedPicture?](repeating: nil, count: source.count)))
  }

  /// The number of bytes of pixels that are kept now.
  public var cachedBytes: Int { store.withLock { $0.bytes } }

  public var count: Int { source.count }
  public var geometry: InputGeometry { source.geometry }
  public func label(at index: Int) -> Int { source.label(at: index) }
  public func name(at index: Int) -> String { source.name(at: index) }
  public func isLeftOut(at index: Int) -> Bool { source.isLeftOut(at: index) }

  public func picture(at index: Int, decoder: PictureDecoder) throws(ImageError) -> PreparedPicture {
    if let known = store.withLock({ $0.pictures[index] }) { return known }
    let decoded = try source.picture(at: index, decoder: decoder)
    let bytes = decoded.size.width * decoded.size.height * 3
    guard store.withLock({ $0.bytes + bytes <= budget }) else { return decoded }
    let picture = try decoded.settled()
    store.withLock { store in
      if store.pictures[index] == nil, store.bytes + bytes <= budget {
        store.pictures[index] = picture
        store.bytes += bytes
      }
    }
    return picture
  }
}
