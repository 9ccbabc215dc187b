import Files
import Images

/// The frame of a picture as this program uses it: upright, although the file may store it turned, as the camera was held.
public struct PictureFrame: Sendable, Hashable {
  /// The width of the upright picture.
  public let width: Int
  public let height: Int
  /// The orientation in which the file stores the picture.
  public let orientation: Orientation

  public init(width: Int, height: Int, orientation: Orientation = .upright) {
    (self.width, self.height, self.orientation) = (width, height, orientation)
  }

  public init(_ facts: PictureFacts) {
    self.init(width: facts.size.width, height: facts.size.height, orientation: facts.orientation)
  }

  /// - Throws: `ImageError` if the file can't be read, or its header makes no sense.
  public init(contentsOf path: FileName) throws(ImageError) {
    // The bytes are in the decoder's own buffer, so the decoder must outlive them.
    let decoder = try PictureDecoder()
    let bytes = try decoder.contents(of: path)
    guard let facts = withExtendedLifetime(decoder, { PictureFacts(bytes) }) else {
      throw ImageError(.undecodable, "cannot understand the header of \(path)")
    }
    self.init(facts)
  }
}

/// Boxes in a picture's frame.
public struct FramedBoxes: Sendable, Hashable {
  /// The boxes in pixels of the upright picture.
  public var boxes: [BoundingBox]
  /// A warning about what had to be assumed of the boxes, or can't be used, as a part of a sentence; or nil.
  public var warning: String?
}

extension Annotation {
  /// The boxes in the upright picture. No other code decides where they lie in it.
  ///
  /// They were drawn in a picture of the annotation's own size, so their sides are scaled with the picture. If the file stores
  /// the picture turned by a quarter, the shape of that size shows whether they were drawn in the stored or in the upright
  /// picture. If it can't show it (squares, half turns, mirrors, no size), they are taken as drawn in the stored one, as ILSVRC's
  /// and PASCAL's were.
  public func boxes(in frame: PictureFrame) -> FramedBoxes {
    let stored = frame.orientation.swapsSides ? (frame.height, frame.width) : (frame.width, frame.height)
    let drawn = width > 0 && height > 0 ? (width, height) : stored
    if frame.orientation == .upright { return upright(frame, drawn) }
    let tells = frame.orientation.swapsSides && width > 0 && width != height && frame.width != frame.height
    if tells, (drawn.0 < drawn.1) == (frame.width < frame.height) {
      return seen(Self.moved(boxes, from: drawn, to: frame), frame)
    }
    let turned = boxes.map { $0.turned(frame.orientation, width: drawn.0, height: drawn.1) }
    let size = frame.orientation.swapsSides ? (drawn.1, drawn.0) : drawn
    let doubt =
      "its mark turns it, and its annotation's size doesn't tell whether the boxes were drawn before; taken as drawn in the stored picture"
    return seen(Self.moved(turned, from: size, to: frame), frame, tells ? nil : doubt)
  }

  /// The boxes in a picture that its file stores upright.
  private func upright(_ frame: PictureFrame, _ drawn: (Int, Int)) -> FramedBoxes {
    let (one, other) = (Double(drawn.0) * Double(frame.width), Double(drawn.1) * Double(frame.height))
    let isTurned = (drawn.0 < drawn.1) != (frame.width < frame.height) && drawn.0 != drawn.1 && abs(one - other) < 0.02 * one
    guard isTurned, !boxes.isEmpty else { return seen(Self.moved(boxes, from: drawn, to: frame), frame) }
    let sizes = "its annotation is of \(drawn.0)×\(drawn.1) pixels, the picture has \(frame.width)×\(frame.height)"
    // Width and height may be exchanged in the annotation only; otherwise the picture was turned, and nothing shows to which
    // side.
    guard drawn == (frame.height, frame.width), boxes.allSatisfy({ $0.xmax <= frame.width && $0.ymax <= frame.height }) else {
      return FramedBoxes(boxes: [], warning: sizes + ": it was turned to one side or the other; the boxes are left out")
    }
    return FramedBoxes(boxes: boxes, warning: sizes + "; the boxes are taken as they are")
  }

  /// The boxes that have a pixel in the picture, with a warning about the others.
  private func seen(_ boxes: [BoundingBox], _ frame: PictureFrame, _ doubt: String? = nil) -> FramedBoxes {
    let seen = boxes.filter { $0.isSeen(width: frame.width, height: frame.height) }
    guard seen.count < boxes.count else { return FramedBoxes(boxes: boxes, warning: boxes.isEmpty ? nil : doubt) }
    let lost = "\(boxes.count - seen.count) of its boxes lie outside of its \(frame.width)×\(frame.height) pixels; left out"
    return FramedBoxes(boxes: seen, warning: [doubt, lost].compactMap { $0 }.joined(separator: "; "))
  }

  /// The boxes, moved from the picture at that size to the same picture at the frame's size.
  private static func moved(_ boxes: [BoundingBox], from size: (width: Int, height: Int), to frame: PictureFrame) -> [BoundingBox]
  {
    if size == (frame.width, frame.height) { return boxes }
    func moved(_ edge: Int, _ old: Int, _ new: Int) -> Int {
      // The product of two sides that files state may be very large, so it is limited before it becomes an Int.
      Int(min(max((Double(edge) * Double(new) / Double(old)).rounded(), -1e10), 1e10))
    }
    return boxes.map { box in
      let (xmin, ymin) = (moved(box.xmin, size.width, frame.width), moved(box.ymin, size.height, frame.height))
      return BoundingBox(
        wnid: box.wnid, xmin: xmin, ymin: ymin, xmax: max(xmin, moved(box.xmax + 1, size.width, frame.width) - 1),
        ymax: max(ymin, moved(box.ymax + 1, size.height, frame.height) - 1)
      ).limited
    }
  }
}

extension BoundingBox {
  /// The box in the upright picture, if it was drawn in a picture of that size that is stored with `orientation`.
  func turned(_ orientation: Orientation, width: Int, height: Int) -> BoundingBox {
    // The place in the upright picture of a pixel of the stored one; see `Picture.oriented`.
    func place(_ x: Int, _ y: Int) -> (x: Int, y: Int) {
      switch orientation {
      case .upright: (x, y)
      case .flippedHorizontally: (width - 1 - x, y)
      case .rotated180: (width - 1 - x, height - 1 - y)
      case .flippedVertically: (x, height - 1 - y)
      case .transposed: (y, x)
      case .rotatedRight: (height - 1 - y, x)
      case .transversed: (height - 1 - y, width - 1 - x)
      case .rotatedLeft: (y, width - 1 - x)
      }
    }
    let (one, other) = (place(xmin, ymin), place(xmax, ymax))
    return BoundingBox(
      wnid: wnid, xmin: min(one.x, other.x), ymin: min(one.y, other.y), xmax: max(one.x, other.x), ymax: max(one.y, other.y)
    ).limited
  }

  /// The box with its corners limited to the range `corners`.
  fileprivate var limited: BoundingBox {
    func limited(_ corner: Int) -> Int { min(max(corner, Self.corners.lowerBound), Self.corners.upperBound) }
    return BoundingBox(wnid: wnid, xmin: limited(xmin), ymin: limited(ymin), xmax: limited(xmax), ymax: limited(ymax))
  }
}
