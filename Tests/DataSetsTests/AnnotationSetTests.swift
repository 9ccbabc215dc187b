import Files
import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Folders of annotations")
struct AnnotationSetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String, to name: String) throws {
    let file = folder.url.appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// An annotation with one box, which begins at `x`.
  private func annotate(_ file: String, x: Int, says name: String = "", in inner: String = "") throws {
    let box = BoundingBox(wnid: "s1", xmin: x, ymin: 2, xmax: 90, ymax: 4)
    try write(Annotation(width: 99, height: 80, boxes: [box]).xml(folder: inner, name: name), to: file)
  }

  private func assigned(_ pictures: [FileName]) throws -> (x: [Int?], rest: [String], faults: [String]) {
    let assignment = AnnotationAssignment(try AnnotationSet(contentsOf: folder.path), to: pictures)
    return (
      assignment.entries.map { $0?.annotation.boxes.first?.xmin }, assignment.rest.map(\.file.written),
      assignment.faults.map { "\($0.file): \($0.reason)" }
    )
  }

  @Test("files of any depth are found, with endings in capitals too, and links to the folder itself end")
  func find() throws {
    try annotate("train/s1/x.xml", x: 1)
    try annotate("val/y.XML", x: 2)
    try write("text", to: "val/readme.txt")
    for link in ["a", "val/b"] {
      try FileManager.default.createSymbolicLink(atPath: folder.path(link), withDestinationPath: folder.path)
    }
    let found = try AnnotationSet(contentsOf: folder.path)
    #expect(found.entries.map(\.file) == ["train/s1/x.xml", "val/y.XML"] && found.faults.isEmpty)
    #expect(found.entries.map(\.stem) == ["x", "y"])
  }

  @Test("a file that can't be read is named, and the others count; a folder without any is an error")
  func faults() throws {
    #expect(throws: DataError.self) { try AnnotationSet(contentsOf: folder.path("none")) }
    let empty = #expect(throws: DataError.self) { try AnnotationSet(contentsOf: folder.path) }
    #expect(empty?.description.contains("has no annotations") == true)
    try write("<annotation>", to: "b.xml")
    let all = #expect(throws: DataError.self) { try AnnotationSet(contentsOf: folder.path) }
    #expect(all?.description.contains("none of the 1 annotations") == true)
    let file = #expect(throws: DataError.self) { try AnnotationSet(contentsOf: folder.path("b.xml")) }
    #expect(file?.description.contains("is no folder") == true)
    try annotate("a.xml", x: 1)
    // No process writes to this pipe.
    #expect(mkfifo(folder.path("c.xml"), 0o600) == 0)
    let found = try AnnotationSet(contentsOf: folder.path)
    #expect(found.entries.map { $0.annotation.boxes.count } == [1, 0, 0])
    #expect(found.faults.map(\.file) == ["b.xml", "c.xml"])
  }

  @Test("a picture gets the file of its name, wherever both lie")
  func names() throws {
    try annotate("deep/down/p.xml", x: 1)
    try annotate("q.v2.xml", x: 2)
    try annotate("r.xml", x: 3)
    let found = try assigned(["s1/p.png", "q.v2.jpeg", "none.png"])
    #expect(found.x == [1, 2, nil] && found.rest == ["r.xml"] && found.faults.isEmpty)
  }

  @Test("a file may have its picture's whole name, with the ending")
  func wholeNames() throws {
    try annotate("p.JPEG.xml", x: 1)
    try annotate("q.png.xml", x: 2)
    try annotate("q.jpg.xml", x: 3)
    try annotate("r.jpg.xml", x: 4)
    let found = try assigned(["p.JPEG", "q.jpg", "q.png", "r.jpg.png"])
    #expect(found.x == [1, 3, 2, 4] && found.rest.isEmpty && found.faults.isEmpty)
  }

  @Test("of files of one name the one in the picture's folder is taken, and copies say the same")
  func folders() throws {
    try annotate("val/s1/p.xml", x: 1)
    try annotate("val/s2/p.xml", x: 2)
    try annotate("one/q.xml", x: 3)
    try annotate("two/q.xml", x: 3)
    let found = try assigned(["s2/p.png", "s1/p.png", "q.png"])
    #expect(found.x == [2, 1, 3] && found.rest.isEmpty && found.faults.isEmpty)
    // Both pictures have the same boxes, each from its own file.
    try annotate("val/s1/p.xml", x: 2)
    #expect(try assigned(["s2/p.png", "s1/p.png"]).x == [2, 2])
  }

  @Test("of pictures of one name the file itself says which it is of: by its folder, or by its name with ending")
  func said() throws {
    try annotate("p.xml", x: 1, says: "p", in: "s2")
    try annotate("q.xml", x: 2, says: "q.png")
    let found = try assigned(["s1/p.png", "s2/p.png", "q.jpg", "q.png"])
    #expect(found.x == [nil, 1, nil, 2] && found.faults.isEmpty)
  }

  @Test("what may be of two pictures is of none, and named; so is a picture that may have two files")
  func doubt() throws {
    try annotate("p.xml", x: 1)
    try annotate("a/q.xml", x: 2)
    try annotate("b/q.xml", x: 3)
    try annotate("r.xml", x: 4)
    let found = try assigned(["s1/p.png", "s2/p.png", "q.png", "r.png"])
    #expect(found.x == [nil, nil, nil, 4] && found.rest.isEmpty)
    #expect(found.faults.map { $0.prefix(7) } == ["p.xml: ", "a/q.xml", "b/q.xml"])
    #expect(found.faults[0].contains("s1/p.png") && found.faults[0].contains("s2/p.png") && found.faults[1].contains("b/q.xml"))
  }
}
