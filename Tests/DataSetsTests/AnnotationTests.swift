import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Annotations")
struct AnnotationTests {
  @Test("boxes, names and sizes are read, whatever stands between them")
  func read() throws {
    let xml = """
      <?xml version="1.0"?><!-- a > b -->
      <annotation verified="no"><folder>val</folder><empty/>
        <size><width>500</width><height>375</height><depth>3</depth></size>
        <object><name>n01 &amp; co</name><part><name>head</name></part>
          <bndbox><xmin>111</xmin><ymin>0</ymin><xmax>441.0</xmax><ymax>193</ymax></bndbox></object>
        <object><bndbox><ymax>4</ymax><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax></bndbox><name>n02</name></object>
      </annotation>
      """
    let found = try Annotation(xml: xml, name: "a.xml")
    #expect(found.width == 500 && found.height == 375)
    #expect(
      found.boxes == [
        BoundingBox(wnid: "n01 & co", xmin: 111, ymin: 0, xmax: 441, ymax: 193),
        BoundingBox(wnid: "n02", xmin: 1, ymin: 2, xmax: 3, ymax: 4),
      ])
  }

  @Test("boxes move with a picture that was made smaller, and stay where the size isn't known or the picture was turned")
  func scaling() {
    let box = BoundingBox(wnid: "n1", xmin: 100, ymin: 0, xmax: 199, ymax: 374)
    func boxes(_ width: Int, _ height: Int) -> [BoundingBox] {
      Annotation(width: width, height: height, boxes: [box]).boxes(width: 250, height: 125)
    }
    #expect(boxes(500, 375) == [BoundingBox(wnid: "n1", xmin: 50, ymin: 0, xmax: 99, ymax: 124)])
    #expect(boxes(0, 0) == [box] && boxes(250, 125) == [box] && boxes(125, 250) == [box])
    let point = BoundingBox(wnid: "n1", xmin: 7, ymin: 7, xmax: 7, ymax: 7)
    let moved = Annotation(width: 1000, height: 1000, boxes: [point]).boxes(width: 10, height: 10)[0]
    #expect(moved == BoundingBox(wnid: "n1", xmin: 0, ymin: 0, xmax: 0, ymax: 0))
  }

  @Test("what is written is read back, from any depth of folders")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let annotation = Annotation(width: 9, height: 8, boxes: [BoundingBox(wnid: "s1", xmin: 1, ymin: 2, xmax: 3, ymax: 4)])
    let empty = Annotation(width: 1, height: 1, boxes: [])
    let files = [
      "train/s1/x.xml": annotation.xml(folder: "s1", name: "x"), "val/y.xml": empty.xml(folder: "val", name: "y"),
      "val/readme.txt": "text",
    ]
    for (name, text) in files {
      let file = folder.url.appending(path: name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    #expect(try readAnnotations(folder.path) == ["x": annotation, "y": empty])
  }

  @Test(
    "damaged files are errors that name the file",
    arguments: [
      "", "text", "<annotation>", "<annotation><object></annotation>", "<annotation", "</annotation>",
      "<annotation><object><name>a</name></object></annotation>",
      "<annotation><object><name>a</name><bndbox><xmin>5</xmin><ymin>0</ymin><xmax>1</xmax><ymax>9</ymax></bndbox></object></annotation>",
    ])
  func damaged(_ xml: String) {
    let error = #expect(throws: DataError.self) { try Annotation(xml: xml, name: "folder/a.xml") }
    #expect(error?.description.contains("folder/a.xml") == true)
  }
}
