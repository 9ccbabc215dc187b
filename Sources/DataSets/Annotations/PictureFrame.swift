import Files
import Images

/// A picture as it is worked on: upright, though its file may store it turned, as a camera held it.
public struct PictureFrame: Sendable, Hashable {
  /// Of the upright picture.
  public let width: Int
  public let height: Int
  /// How the file stores it.
  public let orientation: Orientation

  public init(width: Int, height: Int, orientation: Orientation = .upright) {
    self.width = width
    self.height = height
    self.orientation = orientation
  }

  public init(_ facts: PictureFacts) {
    self.init(width: facts.size.width, height: facts.size.height, orientation: facts.orientation)
  }

  /// - Throws: `ImageError` when the file can't be read, or its header can't.
  public init(contentsOf path: FileName) throws(ImageError) {
    // The bytes are the decoder's own: it must outlive them.
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
  /// In pixels of the upright picture.
  public var boxes: [BoundingBox]
  /// What had to be taken for granted, or can't be used, as a part of a sentence; nil where nothing is to be said.
  public var warning: String?
}

extension Annotation {
  /// The boxes in the upright picture: the one place that decides where they are in it.
  ///
  /// They were drawn in a picture of the annotation's own size: each side moves with the picture. Where the file stores the
  /// picture turned by a quarter, that size tells by its shape whether they were drawn in the stored or in the upright one.
  /// Where it can't tell (squares, half turns, mirrors, no size), they were drawn in the stored one: ILSVRC's and PASCAL's were.
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

  /// In a picture that its file stores upright.
  private func upright(_ frame: PictureFrame, _ drawn: (Int, Int)) -> FramedBoxes {
    let (one, other) = (Double(drawn.0) * Double(frame.width), Double(drawn.1) * Double(frame.height))
    let isTurned = (drawn.0 < drawn.1) != (frame.width < frame.height) && drawn.0 != drawn.1 && abs(one - other) < 0.02 * one
    guard isTurned, !boxes.isEmpty else { return seen(Self.moved(boxes, from: drawn, to: frame), frame) }
    let sizes = "its annotation is of \(drawn.0)×\(drawn.1) pixels, the picture has \(frame.width)×\(frame.height)"
    // Width and height may be exchanged in the annotation alone; else the picture was turned, and nothing says to which side.
    guard drawn == (frame.height, frame.width), boxes.allSatisfy({ $0.xmax <= frame.width && $0.ymax <= frame.height }) else {
      return FramedBoxes(boxes: [], warning: sizes + ": it was turned to one side or the other; the boxes are left out")
    }
    return FramedBoxes(boxes: boxes, warning: sizes + "; the boxes are taken as they are")
  }

  /// Those with a pixel in the picture.
  private func seen(_ boxes: [BoundingBox], _ frame: PictureFrame, _ doubt: String? = nil) -> FramedBoxes {
    let seen = boxes.filter { $0.isSeen(width: frame.width, height: frame.height) }
    guard seen.count < boxes.count else { return FramedBoxes(boxes: boxes, warning: boxes.isEmpty ? nil : doubt) }
    let lost = "\(boxes.count - seen.count) of its boxes lie outside of its \(frame.width)×\(frame.height) pixels; left out"
    return FramedBoxes(boxes: seen, warning: [doubt, lost].compactMap { $0 }.joined(separator: "; "))
  }

  /// Boxes of a picture of that size in the same picture of another.
  private static func moved(_ boxes: [BoundingBox], from size: (width: Int, height: Int), to frame: PictureFrame) -> [BoundingBox]
  {
    if size == (frame.width, frame.height) { return boxes }
    func moved(_ edge: Int, _ old: Int, _ new: Int) -> Int {
      // A side of 10⁹ pixels by another is beyond what Int holds.
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
  /// The box in the upright picture, when it was drawn in one that is stored with `orientation` and has that size.
  func turned(_ orientation: Orientation, width: Int, height: Int) -> BoundingBox {
    // Where pixels of the stored picture are in the upright one; see `Picture.oriented`.
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

  /// The box with its corners in `corners`.
  fileprivate var limited: BoundingBox {
    func limited(_ corner: Int) -> Int { min(max(corner, Self.corners.lowerBound), Self.corners.upperBound) }
    return BoundingBox(wnid: wnid, xmin: limited(xmin), ymin: limited(ymin), xmax: limited(xmax), ymax: limited(ymax))
  }
}
