/// The size and objects of one picture.
public struct Annotation: Sendable, Hashable, Codable {
  /// The width of the picture that the boxes were drawn in; 0 if it isn't known.
  public let width: Int
  public let height: Int
  public let boxes: [BoundingBox]
  /// The name (with or without ending) and the folder that the file states for its picture. They are often out of date.
  public let fileName: String?
  public let folder: String?
  /// The parts of the file that can't be used, each as a part of a sentence; everything else counts.
  public let faults: [String]

  public init(
    width: Int, height: Int, boxes: [BoundingBox], fileName: String? = nil, folder: String? = nil, faults: [String] = []
  ) {
    (self.width, self.height, self.boxes, self.fileName) = (width, height, boxes, fileName)
    (self.folder, self.faults) = (folder, faults)
  }

  /// The text of an annotation file of this annotation.
  public func xml(folder: String, name: String) -> String {
    let objects = boxes.map { box in
      "\t<object>\n\t\t<name>\(Self.escaped(box.wnid))</name><pose>Unspecified</pose><truncated>0</truncated>"
        + "<difficult>0</difficult>\n"
        + "\t\t<bndbox><xmin>\(box.xmin)</xmin><ymin>\(box.ymin)</ymin><xmax>\(box.xmax)</xmax><ymax>\(box.ymax)</ymax></bndbox>\n"
        + "\t</object>\n"
    }
    return "<annotation>\n\t<folder>\(Self.escaped(folder))</folder>\n\t<filename>\(Self.escaped(name))</filename>\n"
      + "\t<size><width>\(width)</width><height>\(height)</height><depth>3</depth></size>\n"
      + objects.joined() + "</annotation>\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
