#if DEBUG || TESTABLE
  import Answers
  import Files
  import Foundation
  import Images

  @testable import DataSets
  @testable import DataLoader
  @testable import Report
  @testable import Trainer
  @testable import Visualize

  /// Annotations, tables and lists.
  func textReaders() -> [FuzzReader] {
    [annotationReader(), tableReader(), listReader(), nameReader()]
  }

  private func annotationReader() -> FuzzReader {
    let boxes = [
      BoundingBox(wnid: "n01440764", xmin: 3, ymin: 4, xmax: 50, ymax: 60),
      BoundingBox(wnid: "n01440765", xmin: 0, ymin: 0, xmax: 99, ymax: 79),
    ]
    let own = Annotation(width: 100, height: 80, boxes: boxes).xml(folder: "n01440764", name: "a")
    let foreign = """
      \u{FEFF}<?xml version="1.0" encoding="utf-8"?><!DOCTYPE annotation><!-- by hand -->
      <annotation verified="yes"><filename>a &amp; b &#233; &#xE9;.JPEG</filename><segmented/>\r
      <size><width>960.0</width><height>720</height></size><object><name><![CDATA[n01440764]]></name><bndbox>
      <xmax>12.5</xmax><xmin>1e1</xmin><ymin> 3 </ymin><ymax>700</ymax></bndbox><part><name>head</name><bndbox><xmin>1</xmin>
      </bndbox></part></object></annotation>
      """
    return FuzzReader(
      name: "xml",
      sources: [
        "DataSets/Annotations/Annotation+VOC.swift", "DataSets/Annotations/XMLElements.swift",
        "DataSets/Annotations/XMLText.swift",
        "DataSets/Annotations/PictureFrame.swift", "DataSets/Annotations/BoundingBox.swift",
      ], longest: 65_536,
      seeds: {
        [
          Array(own.utf8), Array(foreign.utf8), Array(String(repeating: "<a>", count: 9000).utf8),
          [0xFF, 0xFE] + own.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] },
          Array("<?xml version='1.0' encoding='ISO-8859-1'?><!DOCTYPE a [ <!ENTITY b 'c'> ]>".utf8) + Array(own.utf8),
        ]
      },
      read: { bytes in
        let annotation = try Annotation(xml: Array(bytes), name: "the input")
        for (width, height) in [(50, 40), (80, 100), (1, 1)] {
          for orientation in Orientation.allCases {
            let framed = annotation.boxes(in: PictureFrame(width: width, height: height, orientation: orientation))
            for box in framed.boxes { _ = box.overlap(with: boxes[0]) }
          }
        }
      })
  }

  /// boxes.csv, a submission in two forms, and classes.csv; the first byte says which.
  private func tableReader() -> FuzzReader {
    let numbers = Result { try ClassNumbers(contentsOf: FuzzScratch.file("synsets.txt", Array("n2 b\nn1 a\n".utf8))) }
    let answers = [
      PictureAnswers(
        image: "a, \"b\"", answers: [BoundingBox(wnid: "n1", xmin: 1, ymin: 2, xmax: 3, ymax: 4)], scores: [0.5]),
      PictureAnswers(image: "c", answers: [BoundingBox(wnid: "n2", xmin: 0, ymin: 0, xmax: 30, ymax: 40)]),
    ]
    return FuzzReader(
      name: "csv",
      sources: [
        "Files/CSV.swift", "Answers/BoxTable.swift", "Answers/SubmissionFile.swift",
        "Report/ClassErrors.swift",
      ],
      seeds: {
        let path = "\(FuzzScratch.folder)/seed.csv"
        try ClassErrors.write(
          [ClassError(wnid: "n1", name: "a, b", pictures: 7, top1Error: 0.5, top5Error: 0.25)], to: path)
        return [
          [0] + Array(BoxTable.text(answers).utf8), [1] + Array(try SubmissionFile.text(answers, numbers: numbers.get()).utf8),
          [2] + [UInt8](FileManager.default.contents(atPath: path) ?? Data()), [1] + Array("0 1 2 3 4 1 5 6 7 8\n\n".utf8),
          [3] + Array("ImageId,PredictionString\na,n1 1 2 3 4 0 5 6 7 8\nb,\n".utf8),
        ]
      },
      read: { bytes in
        guard let kind = bytes.first else { return }
        let content = bytes.dropFirst()
        var found: [PictureAnswers] = []
        let list = { try TextList(Array(content), name: "the input") }
        switch kind % 4 {
        case 0: found = try BoxTable.parse(list())
        case 1: found = try SubmissionFile.parse(list(), images: ["a", "b"], numbers: numbers.get())
        case 3: found = try SubmissionFile.parseKaggle(list(), numbers: numbers.get())
        default: _ = ClassErrors.read(FuzzScratch.file("classes.csv", content))
        }
        for picture in found {
          for box in picture.answers { _ = box.overlap(with: answers[0].answers[0]) }
        }
        _ = BoxTable.text(found)
      })
  }

  /// Names of files, which come back from what is written of them.
  private func nameReader() -> FuzzReader {
    FuzzReader(
      name: "names", sources: ["Files/FileName.swift", "Files/FileName+Written.swift"], longest: 512,
      seeds: { [Array("größe 100%/caf\u{65}\u{301} %41.JPEG".utf8), [0x63, 0x61, 0x66, 0xE9, 0x0A, 0x25, 0x34, 0x31]] },
      read: { bytes in
        guard !bytes.contains(0) else { return }
        let name = FileName(bytes: Array(bytes))
        precondition(FileName(written: name.written).bytes == name.bytes, "another name: \(name.written)")
        let table = try? TextList(Array(CSV.row([name.written, "\"\n"]).utf8), name: "names").rows()
        precondition(!name.written.utf8.contains(10) && table?.first?.fields.map(\.text) == [name.written, "\"\n"])
      })
  }

  /// The lists of a data folder; the first byte says which.
  private func listReader() -> FuzzReader {
    let root = "\(FuzzScratch.folder)/lists"
    let names = [
      "synset_words.txt", "val.txt", "LOC_val_solution.csv", "devkit/data/ILSVRC2012_validation_ground_truth.txt",
      "blacklist.txt",
      "LOC_synset_mapping.txt",
    ]
    let words = Array("n1 tench, Tinca tinca\nn2 goldfish\n".utf8)
    let labels = Array("ILSVRC2012_val_00000001.JPEG 0\nb_2.JPEG 1\n".utf8)
    for folder in ["val", "train/n1", "train/n2", "devkit/data"] {
      try? FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
    }
    _ = FuzzScratch.file("lists/devkit/data/ILSVRC2012_meta.mat", devkitTable(classes: 2, prefix: "n"))
    for picture in ["val/ILSVRC2012_val_00000001.JPEG", "val/b_2.JPEG", "train/n1/a.JPEG", "train/n2/b.JPEG"] {
      _ = FuzzScratch.file("lists/\(picture)", [])
    }
    return FuzzReader(
      name: "lists",
      sources: [
        "DataSets/DataSet.swift", "DataSets/ValidationLabels.swift", "DataSets/ValidationSet.swift",
        "DataSets/ClassNumbers.swift",
        "DataSets/FolderListing.swift", "Files/TextList.swift", "Files/TextLine.swift", "Files/WholeFile.swift",
      ],
      seeds: {
        [
          [0] + words, [1] + labels,
          [2] + Array("ImageId,PredictionString\nILSVRC2012_val_00000001,n1 1 2 3 4 \nb_2,n2 0 0 1 1\n".utf8),
          [3] + Array("1\n2\n".utf8), [4] + Array("36\n50\n".utf8), [5] + Array("\u{FEFF}n1\ttench\r\nn2 \"a\"\r\n".utf8),
        ]
      },
      read: { bytes in
        guard let kind = bytes.first.map({ Int($0) % names.count }) else { return }
        // The others are as they should be, and the one that is tried is the one that counts.
        for name in names { unlink("\(root)/\(name)") }
        if kind != 5 { _ = FuzzScratch.file("lists/\(names[0])", words) }
        if kind < 2 || kind > 3 { _ = FuzzScratch.file("lists/\(names[1])", labels) }
        let path = FuzzScratch.file("lists/\(names[kind])", bytes.dropFirst())
        if kind == 4 { _ = try readBlackList(path) }
        if kind == 0 || kind == 5 { _ = try ClassNumbers(contentsOf: path).number(of: "n1") }
        _ = try DataSet(contentsOf: root)
      })
  }
#endif
