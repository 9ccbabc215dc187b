import Files
import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Annotations")
struct AnnotationTests {
  @Test("boxes, names and sizes are read, whatever stands between them")
  func read() throws {
    let xml = """
      <?xml version="1.0"?><!-- a > b --><!DOCTYPE annotation [ <!ELEMENT name (#PCDATA)> <!-- ]> --> ]>
      <annotation verified="no" note="a > b"><folder>val</folder><empty/><filename>a.jpg</filename>
        <size><width>500</width><height>375</height><depth>3</depth></size>
        <object><name>n01 &amp; co</name><part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>
          <bndbox><xmin>111</xmin><ymin>0</ymin><xmax>441.0</xmax><ymax>193</ymax></bndbox></object>
        <object><bndbox><ymax>4</ymax><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax></bndbox><name>n02</name></object>
      </annotation>
      """
    let found = try Annotation(xml: xml, name: "a.xml")
    #expect(found.width == 500 && found.height == 375 && found.fileName == "a.jpg" && found.folder == "val")
    #expect(found.faults.isEmpty)
    #expect(
      found.boxes == [
        BoundingBox(wnid: "n01 & co", xmin: 111, ymin: 0, xmax: 441, ymax: 193),
        BoundingBox(wnid: "n02", xmin: 1, ymin: 2, xmax: 3, ymax: 4),
      ])
  }

  /// An annotation of a picture of 96×80 pixels with one box, made of the given parts.
  static func xml(
    name: String = "n01", box: [String] = ["10", "20", "60", "70"], size: [String] = ["96", "80"], more: String = ""
  ) -> String {
    let corners = zip(["xmin", "ymin", "xmax", "ymax"], box).map { "<\($0)>\($1)</\($0)>" }.joined()
    return "<annotation><size><width>\(size[0])</width><height>\(size[1])</height></size><object><name>\(name)</name>"
      + "<bndbox>\(corners)</bndbox></object>\(more)</annotation>"
  }

  private static let plain = Annotation(
    width: 96, height: 80, boxes: [BoundingBox(wnid: "n01", xmin: 10, ymin: 20, xmax: 60, ymax: 70)])

  @Test(
    "the same annotation in another writing is the same",
    arguments: [
      xml(), xml(name: "<![CDATA[n01]]>"), xml(name: "n<![CDATA[0]]>1"), xml(name: "n0&#49;"), xml(name: "n0&#x31;"),
      xml(name: "\n  n01\t"), xml(name: "n<!-- a -->01"), xml(box: ["10.0", " 20 ", "6e1", "+70"]), xml(size: ["96.0", " 80\n"]),
      xml().replacing("<", with: "<v:").replacing("<v:/", with: "</v:").replacing(
        "<v:annotation>", with: "<v:annotation xmlns:v='u'>"),
      xml().replacing("><", with: ">\r\n<"), "\u{FEFF}" + xml(), "<?xml version='1.0' encoding='utf-16'?>" + xml(),
      xml().replacing("</xmin>", with: "</xmin ><!-- > -->"), xml(more: "<a b='&#1;'>&unknown;</a>") + "\n<!-- end -->\n",
    ])
  func writings(_ xml: String) throws {
    #expect(try Annotation(xml: xml, name: "a.xml") == Self.plain)
  }

  @Test(
    "an annotation in another encoding is the same",
    arguments: [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian, .isoLatin1, .windowsCP1252, .utf32LittleEndian])
  func encodings(_ encoding: String.Encoding) throws {
    let names: [String.Encoding: String] = [.isoLatin1: "ISO-8859-1", .windowsCP1252: "windows-1252"]
    let xml = (names[encoding].map { "<?xml version='1.0' encoding='\($0)'?>" } ?? "") + Self.xml(name: "gänse")
    let marks: [[UInt8]] =
      switch encoding {
      case .utf8: [[], [0xEF, 0xBB, 0xBF]]
      case .utf16LittleEndian: [[], [0xFF, 0xFE]]
      case .utf16BigEndian: [[], [0xFE, 0xFF]]
      case .utf32LittleEndian: [[0xFF, 0xFE, 0, 0]]
      default: [[]]
      }
    for mark in marks {
      let bytes = mark + [UInt8](try #require(xml.data(using: encoding)))
      #expect(try Annotation(xml: bytes, name: "a.xml").boxes.first?.wnid == "gänse", "\(mark)")
    }
  }

  @Test(
    "an object without a usable box or name is named, and the others count",
    arguments: [
      ("<object><name>a</name></object>", "no box"), ("<object><name>a</name><polygon/></object>", "no box"),
      ("<object><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object>", "no name"),
      ("<object><name> </name><bndbox/></object>", "no name"), ("<object><name>&own;</name><bndbox/></object>", "&own;"),
      ("<object><name>a</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax></bndbox></object>", "without ymax"),
      (object(["9", "1", "2", "2"]), "exchanged"), (object(["nan", "1", "2", "2"]), "\"nan\""),
      (object(["1", "inf", "2", "2"]), "\"inf\""),
      (object(["1", "1", "1e300", "2"]), "1e300"), (object(["1", "1", "2", "0x10"]), "0x10"),
      (object(["1,5", "1", "2", "2"]), "1,5"),
      (object(["-9223372036854775808", "1", "2", "2"]), "-9223372036854775808"), (object(["", "1", "2", "2"]), "is empty"),
      (object(["0.25", "0.1", "0.75", "1"]), "parts of the picture"),
      (object(["96", "1", "200", "2"]), "outside"), (object(["-20", "-20", "-1", "-1"]), "outside"),
    ])
  func faults(_ object: String, _ word: String) throws {
    let found = try Annotation(xml: Self.xml(more: object), name: "a.xml")
    #expect(found.boxes == Self.plain.boxes)
    #expect(found.faults.count >= 1 && found.faults.contains { $0.contains(word) }, "\(found.faults)")
  }

  static func object(_ box: [String]) -> String {
    let corners = zip(["xmin", "ymin", "xmax", "ymax"], box).map { "<\($0)>\($1)</\($0)>" }.joined()
    return "<object><name>a</name><bndbox>\(corners)</bndbox></object>"
  }

  @Test(
    "a size that is none is said, and isn't known; an object with two boxes has both", arguments: ["0", "-5", "nan", "1e99", "x"])
  func sizes(_ side: String) throws {
    let found = try Annotation(xml: Self.xml(size: [side, "80"]), name: "a.xml")
    #expect(found.width == 0 && found.height == 0 && found.boxes.count == 1 && found.faults.count == 1)
    let second = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object>"
    #expect(try Annotation(xml: Self.xml().replacing("</object>", with: second), name: "a.xml").boxes.count == 2)
  }

  @Test(
    "what is no annotation is an error that names the file",
    arguments: [
      "", "text", "<annotation>", "<annotation><object></annotation>", "<annotation", "</annotation>", "<annotation a='>",
      "<html></html>",
      "<annotation/><annotation/>", "<annotation/>text", "<annotation><![CDATA[</annotation>", "<annotation><!-- </annotation>",
      "<",
      "<!DOCTYPE annotation [ <a>", "<annotation><a></annotation></a>", "<annotation><</annotation>",
      "<annotation></annotation x>", "<?xml",
      "<?xml version='1.0' encoding='no-such'?><annotation/>", "<?xml version='1.0' encoding='utf-8//IGNORE'?><annotation/>",
    ])
  func damaged(_ xml: String) {
    let error = #expect(throws: DataError.self) { try Annotation(xml: xml, name: "folder/a.xml") }
    #expect(error?.description.contains("folder/a.xml") == true)
  }

  @Test("every beginning of a file, and every file with a byte changed, is an annotation or an error")
  func cut() throws {
    let bytes = Array(Self.xml(name: "<![CDATA[n01]]>&#49;", more: "<!-- a --><?b?>").utf8)
    var whole = 0
    for count in bytes.indices {
      for value in [nil, 0, 0x26, 0x3C, 0x3E, 0xFF] as [UInt8?] {
        var changed = value == nil ? Array(bytes[..<count]) : bytes
        if let value { changed[count] = value }
        if (try? Annotation(xml: changed, name: "a.xml")) != nil { whole += 1 }
      }
    }
    #expect(whole > 0)
  }

  @Test("elements that nest without end, and entities that would grow, end at once")
  func bombs() {
    let deep = "<annotation>" + String(repeating: "<a>", count: 200_000)
    let error = #expect(throws: DataError.self) { try Annotation(xml: deep, name: "a.xml") }
    #expect(error?.description.contains("in each other") == true)
    let entities = "<!DOCTYPE a [<!ENTITY b 'xxxxxxxxxx'><!ENTITY c '&b;&b;&b;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    for name in ["&c;", "&f;"] {
      let found = try? Annotation(xml: entities + Self.xml(name: name), name: "a.xml")
      #expect(found?.boxes.isEmpty == true && found?.faults.count == 1)
    }
  }

  @Test("what is written is read back, names with signs of XML too")
  func roundTrip() throws {
    let box = BoundingBox(wnid: "a<b>&\"c'", xmin: -1, ymin: 2, xmax: 3, ymax: 4)
    let annotation = Annotation(width: 9, height: 8, boxes: [box], fileName: "x&y", folder: "s1")
    #expect(try Annotation(xml: annotation.xml(folder: "s1", name: "x&y"), name: "x.xml") == annotation)
  }
}
