import ConvNet
import Data
import Files
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Checkpoints")
struct CheckpointTests {
  let scratch: TemporaryFolder
  let example: Example

  init() throws {
    scratch = try TemporaryFolder()
    example = try Example()
  }

  /// Writes the example; returns its path.
  private func written(_ name: String = "a.h5") throws -> String {
    let path = scratch.path(name)
    try Checkpoint.write(example.contents, store: example.store, to: path)
    return path
  }

  @Test("come back bit for bit, with velocity for training and without for inference", arguments: [true, false])
  func roundTrip(training: Bool) throws {
    let path = try written()
    let checkpoint = try Checkpoint.read(path, training: training)
    #expect(checkpoint.contents == example.contents)
    #expect(checkpoint.store.values.bits == example.store.values.bits)
    #expect(checkpoint.store.velocity.bits == (training ? example.store.velocity.bits : []))
    #expect(checkpoint.store.revision > 0)
  }

  @Test("without velocity give zero velocity for training")
  func inferenceOnly() throws {
    let inference = try Example(training: false)
    let path = scratch.path("inference.h5")
    try Checkpoint.write(inference.contents, store: inference.store, to: path)
    let checkpoint = try Checkpoint.read(path, training: true)
    #expect(checkpoint.store.values.bits == example.store.values.bits)
    #expect(checkpoint.store.velocity.all.allSatisfy { $0 == 0 })
    #expect(checkpoint.store.velocity.count == checkpoint.store.values.count)
    #expect(try Checkpoint.readHeader(path).hasVelocity == false)
  }

  @Test("have the documented layout")
  func layout() throws {
    let file = try HDF5File.open(at: try written())
    #expect(
      try file.attributeNames() == ["format", "header_sha256", "network", "options", "progress", "version"])
    #expect(try file.attribute("format") == .string("deepinside-checkpoint"))
    #expect(try file.attribute("version") == .integer(1))
    #expect(try file.attribute("network") == .string(example.contents.network.json()))
    #expect(try file.attribute("options") == .string(example.contents.options))
    let expected: [(String, HDF5Element, [Int])] = [
      ("/class_names", .string(24), [4]), ("/classes", .string(9), [4]), ("/input", .string(65), [1]),
      ("/mean", .float32, [3, 16, 10]),
      ("/parameters/conv1/biases", .float32, [5]), ("/parameters/conv1/weights", .float32, [5, 3, 3, 3]),
      ("/parameters/fc2/biases", .float32, [4]), ("/parameters/fc2/weights", .float32, [4, 125]),
      ("/velocity/conv1/biases", .float32, [5]), ("/velocity/conv1/weights", .float32, [5, 3, 3, 3]),
      ("/velocity/fc2/biases", .float32, [4]), ("/velocity/fc2/weights", .float32, [4, 125]),
    ]
    #expect(try file.dataSets() == expected.map(\.0))
    for (path, element, shape) in expected {
      let found = try file.dataSet(path)
      #expect(found.element == element)
      #expect(found.shape == shape)
      #expect(try file.attributeNames(of: path) == ["sha256"])
    }
    // The checksum is that of the raw bytes, here of the mean.
    let raw = example.contents.mean.withUnsafeBytes { SHA256.hex(of: $0) }
    #expect(try file.attribute("sha256", of: "/mean") == .string(raw))
  }

  @Test("say how pictures are resized, and files of earlier versions say it by their options")
  func geometry() throws {
    var contents = example.contents
    contents.geometry = try InputGeometry(crop: 12, shorterSide: 40, packedSide: 64)
    let path = scratch.path + "/a.h5"
    let digest = try Checkpoint.write(contents, store: example.store, to: path)
    #expect(try Checkpoint.read(path).contents.geometry == contents.geometry)
    // Another size gives other results, so it counts in the digest that results cite.
    #expect(try digest != Checkpoint.readHeader(try written("b.h5")).digest)
    // Writes the file as earlier versions did.
    contents.geometry = nil
    for (options, side) in [(#"{"crop":12,"shorterSide":25}"#, 25), ("{}", 14), (#"{"importedFrom":"a.mat"}"#, 14), ("", 14)] {
      contents.options = options
      try Checkpoint.write(contents, store: example.store, to: path)
      #expect(try HDF5File.open(at: path).dataSets().contains("/input") == false)
      #expect(try Checkpoint.read(path).contents.geometry?.shorterSide == side, "\(options)")
    }
    for options in [#"{"shorterSide":11}"#, #"{"shorterSide":-9000000000000000000}"#, #"{"shorterSide":1000000000}"#] {
      contents.options = options
      try Checkpoint.write(contents, store: example.store, to: path)
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(path) }
      #expect(
        error?.kind == .damaged && error?.description.contains("shorter side of 12") ?? false,
        "\(options): \(error?.description ?? "")")
    }
    // The network's input contradicts this size.
    contents.geometry = try InputGeometry(crop: 16)
    #expect(throws: CheckpointError.self) { try Checkpoint.write(contents, store: example.store, to: path) }
  }

  @Test("are the same bytes for the same contents, and have the same digest")
  func deterministic() throws {
    let first = try written("a.h5")
    let second = try written("b.h5")
    #expect(try Checkpoint.readHeader(first).digest == Checkpoint.read(second).digest)
    #expect(try scratch.bytes("a.h5") == scratch.bytes("b.h5"))
    let other = try Example(seed: 2)
    let digest = try Checkpoint.write(other.contents, store: other.store, to: first)
    #expect(try digest != Checkpoint.readHeader(second).digest)
    #expect(digest.count == 64)
  }

  @Test("cut at any length are refused, and nothing of them is taken for whole")
  func truncated() throws {
    let path = try written()
    let bytes = try scratch.bytes("a.h5")
    for length in [0, 1, 7, 8, 20, 48, 100, 800, 3000, bytes.count / 2, bytes.count - 1] {
      try scratch.write(bytes.prefix(length), to: "a.h5")
      let error = try #require(throws: CheckpointError.self, "\(length) bytes") { try Checkpoint.read(path) }
      #expect([.damaged, .otherFormat].contains(error.kind), "\(length) bytes: \(error)")
      #expect(error.description.hasPrefix("cannot read checkpoint \(path): "), "\(length) bytes: \(error)")
    }
  }

  @Test("with a flipped bit anywhere are refused, or come back whole; in a data set the error names it")
  func flipped() throws {
    let path = try written()
    let bytes = try scratch.bytes("a.h5")
    for (name, range) in try places(in: bytes) {
      var damaged = bytes
      damaged[range.lowerBound + range.count / 2] ^= 0x10
      try scratch.write(damaged, to: "a.h5")
      let error = try #require(throws: CheckpointError.self, "\(name)") { try Checkpoint.read(path, training: true) }
      #expect(error.kind == .damaged)
      #expect(error.reason == "data set \(name) has been damaged since it was written (its checksum differs)")
      let inspection = try Inspection.of(path)
      #expect(!inspection.isWhole)
      #expect(inspection.text.contains("DAMAGED"))
    }
    // A bit is flipped in places all over the file, with a stride that has no factor in common with its structure: the file is
    // refused, unless nothing reads the byte.
    try scratch.write(bytes, to: "a.h5")
    let digest = try Checkpoint.readHeader(path).digest
    var refused = 0
    for place in stride(from: 0, to: bytes.count, by: 37) {
      var damaged = bytes
      damaged[place] ^= 0x01
      try scratch.write(damaged, to: "a.h5")
      do {
        let checkpoint = try Checkpoint.read(path, training: true)
        #expect(checkpoint.contents == example.contents, "byte \(place)")
        #expect(checkpoint.digest == digest, "byte \(place)")
        #expect(checkpoint.store.values.bits == example.store.values.bits, "byte \(place)")
        #expect(checkpoint.store.velocity.bits == example.store.velocity.bits, "byte \(place)")
      } catch { refused += 1 }
    }
    #expect(refused > 100)
  }

  /// The places of the raw bytes of some data sets in the file.
  private func places(in bytes: Data) throws -> [(String, Range<Int>)] {
    let weights = try #require(example.store.parameter("fc2", .weights))
    let values = Data(buffer: UnsafeBufferPointer(example.store.values[weights.range]))
    let velocity = Data(buffer: UnsafeBufferPointer(example.store.velocity[weights.range]))
    return try [
      ("/parameters/fc2/weights", values), ("/velocity/fc2/weights", velocity),
      ("/mean", example.contents.mean.withUnsafeBytes { Data($0) }), ("/classes", Data("s00000001s00000002".utf8)),
    ].map { name, part in (name, try #require(bytes.range(of: part), "\(name)")) }
  }

  @Test(
    "of another kind are refused with what was found",
    arguments: ["missing", "garbage", "other HDF5", "version 2", "no mean", "other shape", "attributes", "folder"])
  func refused(what: String) throws {
    let path = scratch.path("x.h5")
    let contents = example.contents
    func write(_ change: (borrowing HDF5File) throws(HDF5Error) -> Void) throws {
      let attributes = Checkpoint.Attributes(
        network: contents.network.json(), progress: try contents.progress.json(), options: contents.options)
      try HDF5File.write(to: path) { file throws(HDF5Error) in
        try file.setAttribute("format", to: Checkpoint.format)
        try file.setAttribute("version", to: Int64(1))
        try file.setAttribute("network", to: attributes.network)
        try file.setAttribute("progress", to: attributes.progress)
        try file.setAttribute("options", to: attributes.options)
        try file.setAttribute("header_sha256", to: attributes.checksum)
        try change(file)
      }
    }
    let expected: (CheckpointError.Kind, String)
    switch what {
    case "missing":
      // The folder isn't empty: in an empty one the storage could be away.
      try scratch.write(Data([1]), to: "other")
      expected = (.missing, "H5Fopen: no such file or directory")
    case "garbage":
      try scratch.write(Data(repeating: 7, count: 100), to: "x.h5")
      expected = (.otherFormat, "H5Fopen: not an HDF5 file (100 bytes)")
    case "folder":
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      expected = (.otherFormat, "it is a folder")
    case "other HDF5":
      try HDF5File.write(to: path) { file throws(HDF5Error) in try file.setAttribute("format", to: "pack") }
      expected = (.otherFormat, "no checkpoint: its format is 'pack', expected 'deepinside-checkpoint'")
    case "version 2":
      try write { file throws(HDF5Error) in try file.setAttribute("version", to: Int64(2)) }
      expected = (.otherVersion, "its version is 2, expected 1; read it with the version of deepinside that wrote it")
    case "no mean":
      try write { _ throws(HDF5Error) in }
      expected = (.damaged, "cannot open data set /mean: there is no such data set")
    case "attributes":
      try write { file throws(HDF5Error) in try file.setAttribute("options", to: "{}") }
      expected = (.damaged, "its attributes have been damaged since they were written")
    default:
      // Puts the parameters of this network under the description of another one.
      try Checkpoint.write(contents, store: example.store, to: path)
      let wider = Checkpoint.Attributes(
        network: contents.network.json().replacingOccurrences(of: "\"filters\":5", with: "\"filters\":6"),
        progress: try contents.progress.json(), options: contents.options)
      #expect(wider.network != contents.network.json())
      let old = try HDF5File.open(at: path)
      let mean = try old.readFloats("/mean")
      let checksums = try old.dataSets().map { ($0, try old.attribute("sha256", of: $0)?.description ?? "") }
      try write { file throws(HDF5Error) in
        try file.setAttribute("network", to: wider.network)
        try file.setAttribute("header_sha256", to: wider.checksum)
        try file.write(mean.values, shape: mean.shape, to: "/mean")
        try file.write(contents.classes, to: "/classes")
        try file.write(contents.classNames, to: "/class_names")
        try file.write([Float](repeating: 0, count: 135), shape: [5, 3, 3, 3], to: "/parameters/conv1/weights")
        for (name, checksum) in checksums where try file.contains(name) {
          try file.setAttribute("sha256", of: name, to: checksum)
        }
      }
      expected = (
        .otherShape, "data set /parameters/conv1/weights is of shape [5, 3, 3, 3], the network says [6, 3, 3, 3]"
      )
    }
    let error = try #require(throws: CheckpointError.self) { try Checkpoint.read(path) }
    #expect(error.kind == expected.0)
    #expect(error.description.contains(expected.1), "\(error)")
    #expect(error.description.hasPrefix("cannot read checkpoint \(path): "))
  }

  @Test("that don't fit together are not written")
  func contradictions() throws {
    var contents = example.contents
    contents.classes.removeLast()
    let error = try #require(throws: CheckpointError.self) {
      try Checkpoint.write(contents, store: example.store, to: scratch.path("a.h5"))
    }
    #expect(error.kind == .invalidContents)
    #expect(error.reason == "the network has 4 outputs, the list of classes 3 entries")
    #expect(try scratch.names() == [])
  }

  @Test("keep an error that is no finite number")
  func diverged() throws {
    var contents = example.contents
    contents.progress.learningRate = LearningRateState(rate: 0.5, bestError: -.infinity)
    try Checkpoint.write(contents, store: example.store, to: scratch.path("a.h5"))
    #expect(try Checkpoint.readHeader(scratch.path("a.h5")).contents == contents)
  }
}
