#if DEBUG || TESTABLE
  import DataSets
  import Foundation
  import Images

  @testable import Interchange

  /// Other programs' weights: Caffe's and MatConvNet's, and the devkit's table of classes.
  func weightReaders() -> [FuzzReader] {
    let words = FuzzScratch.file("words.txt", Array("n1 one\nn2 two, zwei\nn3 drei\nn4 fünf\n".utf8))
    func write(_ imported: ImportedCheckpoint) throws { try imported.write(to: "\(FuzzScratch.folder)/imported.h5") }
    return [
      FuzzReader(
        name: "caffemodel",
        sources: [
          "Interchange/Import/CaffeModel.swift", "Interchange/Import/CaffeLayer.swift", "Interchange/Import/CaffeBlob.swift",
          "Interchange/Import/ImportWeights.swift", "Interchange/Import/ImportedNetwork.swift",
          "Interchange/Protobuf/ProtobufReader.swift",
        ],
        seeds: { try goldenFiles("InterchangeTests") { $0.hasSuffix(".caffemodel") } },
        read: { bytes in try write(importWeights(FuzzScratch.file("net.caffemodel", bytes), synsetWords: words)) }),
      FuzzReader(
        name: "binaryproto", sources: ["Interchange/Import/CaffeBlob.swift", "Interchange/Protobuf/ProtobufReader.swift"],
        seeds: { try goldenFiles("InterchangeTests") { $0.hasSuffix(".binaryproto") } },
        read: { bytes in _ = try CaffeBlob.mean(FuzzScratch.file("mean.binaryproto", bytes)) }),
      FuzzReader(
        name: "mat",
        sources: [
          "Interchange/Import/MatConvNetModel.swift", "Interchange/Import/MatlabFile.swift",
          "Interchange/Import/MatlabReader.swift", "Interchange/Import/ImportWeights.swift",
          "Interchange/Import/ImportedNetwork.swift",
        ],
        seeds: {
          try goldenFiles("InterchangeTests") { $0.hasSuffix(".mat") }.map { chosen(unpacked($0), 0) } + [
            chosen(devkitTable(classes: 3), 2), chosen(devkitTable(classes: 2), 3),
          ]
        },
        read: { bytes in
          // Half of them packed, past the sum of a zlib stream; half of them as the devkit's table.
          let choice = bytes.count > 127 ? bytes[120] : 0
          let path = FuzzScratch.file("net.mat", choice & 1 == 1 ? packed(bytes) : [UInt8](bytes))
          if choice & 2 == 0 { try write(importWeights(path)) } else { _ = try ClassNumbers(contentsOf: path) }
        }),
    ]
  }

  /// The file with a byte of the free part of its header changed.
  private func chosen(_ file: [UInt8], _ choice: UInt8) -> [UInt8] {
    var file = file
    file[120] = choice
    return file
  }

  private func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  private func element(_ type: Int, _ data: [UInt8]) -> [UInt8] {
    little(type) + little(data.count) + data + [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
  }

  /// A MATLAB file with the content of its compressed elements.
  private func unpacked(_ file: [UInt8]) -> [UInt8] {
    var result = Array(file.prefix(128))
    var reader = MatlabReader(bytes: file[128...], path: "a seed")
    while let element = try? reader.next() {
      result += element.type == 15 ? ((try? inflated(element.data, name: "a seed")) ?? []) : Array(element.data)
    }
    return result
  }

  /// A MATLAB file whose elements are one compressed one.
  private func packed(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let stream = compressed(Array(bytes.dropFirst(128)))
    return Array(bytes.prefix(128)) + little(15) + little(stream.count) + stream
  }

  /// The devkit's table of classes, `synsets`: a struct array with ILSVRC2012_ID and WNID.
  func devkitTable(classes: Int, prefix: String = "n0000000") -> [UInt8] {
    func array(_ kind: Int, _ sizes: [Int], _ name: String, _ content: [UInt8]) -> [UInt8] {
      element(
        14, element(6, little(kind) + little(0)) + element(5, sizes.flatMap(little)) + element(1, Array(name.utf8)) + content)
    }
    var fields: [UInt8] = []
    for name in ["ILSVRC2012_ID", "WNID"] { fields += Array(name.utf8) + [UInt8](repeating: 0, count: 16 - name.utf8.count) }
    var content = element(5, little(16)) + element(1, fields)
    for number in 1...classes {
      content += array(9, [1, 1], "", element(2, [UInt8(number)]))
      content += array(4, [1, prefix.utf8.count + 1], "", element(16, Array("\(prefix)\(number)".utf8)))
    }
    let header = Array("MATLAB 5.0 MAT-file".utf8)
    return header + [UInt8](repeating: 32, count: 124 - header.count) + [0, 1, 0x49, 0x4D]
      + array(2, [1, classes], "synsets", content)
  }
#endif
