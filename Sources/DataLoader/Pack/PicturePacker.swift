import Data
import DataSets
import Files
import Images

/// One picture in the form in which a pack keeps it.
struct PackedPicture: Sendable {
  /// A JPEG file, or pixels [height, width, 3]; empty if the picture couldn't be read.
  var bytes: [UInt8] = []
  /// The size of the packed picture; 0×0 if it couldn't be read.
  var size = (width: 0, height: 0)
  /// The size of the file's upright picture, in which boxes are counted.
  var originalSize = (width: 0, height: 0)
  /// The same size, and the orientation in which the file stores the picture.
  var frame = PictureFrame(width: 0, height: 0)
  /// The CRC-32 of `bytes`.
  var crc: UInt32 = 0
  var boxes: [BoundingBox] = []
  var findings: [Finding] = []
}

/// Makes packed pictures from files, and sums up their pixels for the mean. Only one thread at a time may use it.
final class PicturePacker {
  private let split: Split
  private let settings: PackSettings
  private let annotations: SplitAnnotations?
  private let decoder: PictureDecoder
  /// The geometry of the pack's pictures: that of a network with the same shorter side which reads the files themselves.
  private let geometry: InputGeometry
  /// The sums over the centre squares of the training pictures.
  private(set) var sums: MeanAccumulator

  init(_ split: Split, _ settings: PackSettings, annotations: SplitAnnotations?) throws(ImageError) {
    (self.split, self.settings, self.annotations) = (split, settings, annotations)
    decoder = try PictureDecoder()
    do { geometry = try InputGeometry(crop: settings.shorterSide, shorterSide: settings.shorterSide) } catch {
      throw ImageError(.invalidSize, error.description)
    }
    sums = MeanAccumulator(crop: settings.shorterSide)
  }

  /// Packs one picture file. A bad picture becomes a finding.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - name: Its name relative to the data folder, in the form `FileName.written`.
  /// - Throws: `DataError` if the storage can't be read, which says nothing about the picture.
  func pack(_ path: FileName, name: String, wnid: String) throws(DataError) -> PackedPicture {
    var packed = PackedPicture()
    var read: UnsafeRawBufferPointer?
    do throws(ImageError) {
      do throws(ImageError) {
        read = try decoder.contents(of: path)
      } catch {
        throw ImageError(error.kind, error.description.replacing(path.written, with: name))
      }
      if let read { try pack(read, name: name, into: &packed) }
    } catch {
      if let problem = DataError(notOfThePicture: error) { throw problem }
      packed.findings.append(Finding(error, bytes: read, file: name, split: split))
      return packed
    }
    do throws(DataError) {
      if let annotation = try annotations?.annotation(of: FileName(written: name), wnid: wnid) {
        let framed = annotation.boxes(in: packed.frame)
        packed.boxes = framed.boxes
        if !annotation.faults.isEmpty { note(annotation.faults.joined(separator: "; "), "left out") }
        if let warning = framed.warning { note(warning, "the pack says where they are taken to be") }
        let size = PictureSize(width: packed.originalSize.width, height: packed.originalSize.height)
        let drawn = PictureSize(width: annotation.width, height: annotation.height)
        if drawn.width > 0, drawn != size { note("boxes drawn in \(drawn), the picture has \(size)", "boxes moved with it") }
      }
    } catch {
      if error.storageTrouble != nil { throw error }
      note(error.description, "boxes left out")
    }
    func note(_ detail: String, _ action: String) {
      packed.findings.append(Finding(file: name, split: split, kind: .annotation, detail: detail, action: action))
    }
    return packed
  }

  private func pack(_ bytes: UnsafeRawBufferPointer, name: String, into packed: inout PackedPicture) throws(ImageError) {
    let side = settings.shorterSide
    guard let facts = PictureFacts(bytes) else {
      // No header was found in these bytes: decoding says what is wrong with them.
      _ = try decoder.decode(bytes, name: name)
      throw ImageError(.undecodable, "cannot understand the header of \(name)")
    }
    let picture = try geometry.prepare(bytes, name: name, decoder: decoder)
    let resized = try picture.resized()
    // Enlarging adds bytes but no information, so it is left to the reader.
    let isSmall = min(picture.original.width, picture.original.height) <= side
    let kept = isSmall ? picture.decoded : resized
    switch settings.pixels {
    case .raw: packed.bytes = kept.pixels
    case .jpeg:
      let isReady = isSmall && facts.format == .jpeg && facts.orientation == .upright && !facts.isCMYK
      packed.bytes = isReady ? Array(bytes) : try kept.encodedJPEG(quality: settings.quality)
    }
    packed.size = (kept.width, kept.height)
    packed.originalSize = (picture.original.width, picture.original.height)
    packed.frame = PictureFrame(facts)
    packed.crc = packed.bytes.withUnsafeBytes { crc32(of: $0) }
    packed.findings = Finding.odd(facts, file: name, split: split, shorterSide: side)
    if split == .train { try sums.add(resized) }
  }
}
