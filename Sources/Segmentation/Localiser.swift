import Foundation
import Images

/// The mask and the box of the object that a saliency map points to.
package struct LocalisedObject: Sendable {
  /// The part of the mask that the box is made from, in the frame of the cut picture.
  package let mask: PixelMask
  /// The box, in the same frame.
  package let box: PixelRectangle
  /// The reason why the box is the whole picture, if the map couldn't be used, or what went wrong in the cut; otherwise nil.
  package let note: String?
  /// The seeds that the map gave the cut, `[height, width]` of the mask; empty if there was no cut.
  package var seeds: [PixelSeed] = []
  package var seconds = SegmentationSeconds()
}

/// Finds objects in one picture from saliency maps of classes.
///
/// Source: Simonyan et al. 2013 §3.2.
package struct Localiser: Sendable {
  package let options: LocalisationOptions
  /// The picture at the size at which it is cut.
  package let picture: Picture
  private let segmenter: GraphCutSegmenter?

  package init(_ whole: Picture, options: LocalisationOptions) throws(ImageError) {
    self.options = options
    picture = try whole.resized(shorterSide: options.cutSide)
    guard options.box == .graphcut else {
      segmenter = nil
      return
    }
    var segmenter = GraphCutSegmenter(picture)
    (segmenter.smoothness, segmenter.colourWeight) = (options.smoothness, options.colourWeight)
    (segmenter.components, segmenter.rounds) = (options.components, options.rounds)
    self.segmenter = segmenter
  }

  /// Finds the object that a map points to.
  ///
  /// - Parameters:
  ///   - map: `[H, W]` of any size, over the whole picture.
  ///   - cutting: runs the cut, which may take seconds; callers may show meanwhile what is being done.
  package func object(
    in map: [Float], size: PictureSize, cutting: (_ cut: () -> Void) -> Void = { $0() }
  ) -> LocalisedObject {
    switch options.box {
    case .whole: return whole(nil)
    case .centre:
      let side = centreRectangle
      let pixels = (0..<(picture.width * picture.height)).map { side.contains(x: $0 % picture.width, y: $0 / picture.width) }
      return LocalisedObject(mask: mask(pixels), box: side, note: nil)
    case .threshold, .graphcut: break
    }
    guard map.allSatisfy(\.isFinite) else { return whole("the map has values that are no finite numbers") }
    let map = smoothed(resampled(map, from: size, to: picture.size))
    guard let least = map.min(), let most = map.max(), least < most else { return whole("the map is the same everywhere") }
    var found = (mask: mask(map.map { $0 > options.threshold * most }), note: String?.none)
    var seeds: [PixelSeed] = []
    var seconds = SegmentationSeconds()
    if let segmenter {
      seeds = self.seeds(of: map)
      cutting {
        found = segmenter.segment(
          seeds: seeds, evidence: options.saliencyWeight > 0 ? evidence(of: map, most) : nil, seconds: &seconds)
      }
    }
    let object = found.mask.largestComponent()
    guard let box = object.rectangle(trim: options.trim) else {
      return whole(found.note ?? "the cut leaves no pixel to the object", seeds: seeds)
    }
    return LocalisedObject(mask: object, box: pulled(box), note: found.note, seeds: seeds, seconds: seconds)
  }

  private func mask(_ pixels: [Bool]) -> PixelMask { PixelMask(width: picture.width, height: picture.height, pixels: pixels) }

  private func whole(_ note: String?, seeds: [PixelSeed] = []) -> LocalisedObject {
    LocalisedObject(
      mask: mask([Bool](repeating: true, count: picture.width * picture.height)),
      box: PixelRectangle(x: 0, y: 0, width: picture.width, height: picture.height),
      note: note.map { "the whole picture: \($0)" }, seeds: seeds)
  }

  private var centreRectangle: PixelRectangle {
    func side(_ length: Int) -> (start: Int, length: Int) {
      let part = max(1, Int((options.centreSide * Double(length)).rounded()))
      return ((length - part) / 2, part)
    }
    let (x, y) = (side(picture.width), side(picture.height))
    return PixelRectangle(x: x.start, y: y.start, width: x.length, height: y.length)
  }

  private func pulled(_ box: PixelRectangle) -> PixelRectangle {
    guard options.centrePull > 0 else { return box }
    let centre = centreRectangle
    func mixed(_ own: Int, _ other: Int) -> Int { own + Int((options.centrePull * Double(other - own)).rounded()) }
    let (left, top) = (mixed(box.x, centre.x), mixed(box.y, centre.y))
    return PixelRectangle(
      x: left, y: top, width: mixed(box.x + box.width, centre.x + centre.width) - left,
      height: mixed(box.y + box.height, centre.y + centre.height) - top)
  }

  private func smoothed(_ map: [Float]) -> [Float] {
    var map = map
    var scratch = map
    map.withUnsafeMutableBufferPointer { map in
      scratch.withUnsafeMutableBufferPointer { scratch in
        GaussianBlur(sigma: options.smoothing).apply(
          to: map, scratch: scratch, height: picture.height, width: picture.width)
      }
    }
    return map
  }

  private func seeds(of map: [Float]) -> [PixelSeed] {
    let sorted = map.sorted()
    func quantile(_ part: Double) -> Float { sorted[min(Int(part * Double(sorted.count)), sorted.count - 1)] }
    let (high, low) = (quantile(options.foregroundQuantile), quantile(options.backgroundQuantile))
    let isHard = options.seeds == .hard
    return map.map { value in
      if value > high { return isHard ? .foreground : .probableForeground }
      if value < low { return isHard ? .background : .probableBackground }
      return .unknown
    }
  }

  private func evidence(of map: [Float], _ most: Float) -> [Float] {
    map.map { options.saliencyWeight * max(-3, min(3, log(max($0, 0) / (options.threshold * most)))) }
  }
}
