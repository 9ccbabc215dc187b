import Foundation
import TestSupport
import Testing

@testable import HDF5

@Suite("HDF5 files")
struct HDF5FileTests {
  let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  @Test("give back floats of any rank, bit for bit", arguments: [[], [1], [7], [2, 3], [4, 3, 2, 5], [0], [2, 0]])
  func floats(shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let special: [Float] = [.nan, -0.0, .infinity, .leastNonzeroMagnitude, 1 / 3]
    let values = (0..<count).map { special[$0 % special.count] * Float($0 + 1) }
    let path = scratch.path("floats.h5")
    try HDF5File.write(to: path) { file throws(HDF5Error) in try file.write(values, shape: shape, to: "/a/b/values") }
    let read = try HDF5File.open(at: path).readFloats("/a/b/values")
    #expect(read.shape == shape)
    #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern))
  }

  // The sizes are 2 MiB, and 4 MiB and a bit: whole pieces, and an end that shares its page with the next data set.
  @Test("large data sets are written past the cache, and disturb nothing beside them")
  func large() throws {
    let counts = [1 << 19, (1 << 20) + 17, 300_001, 5]
    let values = counts.map { count in (0..<count).map { Float($0) * 0.5 - Float(count) } }
    func write(_ path: String) throws {
      try HDF5File.write(to: path) { file throws(HDF5Error) in
        for (index, values) in values.enumerated() {
          try file.writeSigned(values, shape: [values.count], to: "/group\(index)/values")
          try file.setAttribute("text", of: "/group\(index)/values", to: String(repeating: "x", count: 3000))
        }
      }
    }
    let (path, again) = (scratch.path("large.h5"), scratch.path("again.h5"))
    try write(path)
    try write(again)
    let file = try HDF5File.open(at: path)
    for (index, values) in values.enumerated() {
      #expect(try file.readSignedFloats("/group\(index)/values", shape: [values.count]) == values)
    }
    #expect(FileManager.default.contentsEqual(atPath: path, andPath: again), "the same contents are the same bytes")
  }

  @Test("give back integers, strings of any script, and attributes")
  func others() throws {
    let path = scratch.path("others.h5")
    let names = ["tench, Tinca tinca", "", "Überraschung", "金魚", "🐟 fish", String(repeating: "long ", count: 50)]
    let long = String(repeating: "{\"key\": \"värde\"}", count: 10_000)
    try HDF5File.write(to: path) { file throws(HDF5Error) in
      try file.write([Int32.min, -1, 0, .max], shape: [2, 2], to: "/integers")
      try file.write(names, to: "/names")
      try file.write([String](), to: "/none")
      try file.createGroup("/empty/group")
      try file.setAttribute("text", to: "fîrst")
      try file.setAttribute("text", to: long)
      try file.setAttribute("count", of: "/names", to: Int64.min)
      try file.setAttribute("score", of: "/empty", to: 0.1)
    }
    let file = try HDF5File.open(at: path)
    let integers = try file.readInt32s("/integers")
    #expect(integers.values == [.min, -1, 0, .max])
    #expect(integers.shape == [2, 2])
    #expect(try file.readStrings("/names") == names)
    #expect(try file.readStrings("/none") == [])
    #expect(try file.attribute("text") == .string(long))
    #expect(try file.attribute("count", of: "/names") == .integer(.min))
    #expect(try file.attribute("score", of: "/empty") == .real(0.1))
    #expect(try file.attribute("missing") == nil)
    #expect(try file.attributeNames() == ["text"])
    #expect(try file.children() == ["empty", "integers", "names", "none"])
    #expect(try file.dataSets() == ["/integers", "/names", "/none"])
    #expect(try file.contains("/empty/group"))
    #expect(try !file.contains("/nowhere/at/all"))
  }

  @Test("say in one sentence what is wrong with a file", arguments: ["missing", "empty", "garbage", "folder", "half"])
  func wrong(what: String) throws {
    let path = scratch.path(what)
    let expected: (HDF5Error.Kind, String)
    switch what {
    case "missing":
      // The folder isn't empty: in an empty one the storage could be away.
      try scratch.write(Data([1]), to: "other")
      expected = (.noSuchFile, "cannot open \(path): H5Fopen: no such file or directory")
    case "empty":
      try scratch.write(Data(), to: what)
      expected = (.notHDF5, "cannot open \(path): the file is empty")
    case "garbage":
      try scratch.write(Data(repeating: 0x5a, count: 5000), to: what)
      expected = (.notHDF5, "cannot open \(path): H5Fopen: not an HDF5 file (5000 bytes), but a text")
    case "folder":
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      expected = (.notHDF5, "cannot open \(path): it is a folder")
    default:
      try HDF5File.write(to: path) { file throws(HDF5Error) in
        try file.write([Float](repeating: 1, count: 1000), shape: [1000], to: "/values")
      }
      let bytes = try scratch.bytes(what)
      try scratch.write(bytes.prefix(3000), to: what)
      expected = (.truncated, "cannot open \(path): H5Fopen: truncated file (eof 3000, expected \(bytes.count))")
    }
    let error = try #require(throws: HDF5Error.self) { _ = try HDF5File.open(at: path).path }
    #expect(error.kind == expected.0)
    #expect(error.description == expected.1)
  }

  @Test("that another process has locked say so, and how to do without locks")
  func locked() throws {
    let path = scratch.path("locked.h5")
    try HDF5File.write(to: path) { file throws(HDF5Error) in try file.createGroup("/a") }
    let descriptor = open(path, O_RDWR)
    defer { close(descriptor) }
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    if ProcessInfo.processInfo.environment["HDF5_USE_FILE_LOCKING"] == "FALSE" {
      #expect(try HDF5File.open(at: path).children() == ["a"])
    } else {
      let error = try #require(throws: HDF5Error.self) { _ = try HDF5File.open(at: path).path }
      #expect(error.kind == .locked)
      #expect(error.description.hasPrefix("cannot open \(path): H5Fopen: resource temporarily unavailable; another process"))
      #expect(error.description.hasSuffix("set HDF5_USE_FILE_LOCKING=FALSE"))
    }
  }

  @Test("say what was expected of a data set and what was found")
  func unexpected() throws {
    let path = scratch.path("typed.h5")
    try HDF5File.write(to: path) { file throws(HDF5Error) in
      try file.write([Int32](repeating: 1, count: 6), shape: [2, 3], to: "/integers")
      try file.write([Float](repeating: 1, count: 6), shape: [2, 3], to: "/floats")
    }
    let file = try HDF5File.open(at: path)
    var values = [Float](repeating: 0, count: 6)
    func message(_ dataSet: String, _ shape: [Int]) throws -> String {
      do {
        try values.withUnsafeMutableBufferPointer { try file.read(dataSet, shape: shape, into: $0) }
        return "no error"
      } catch { return "\(error)" }
    }
    let prefix = "cannot read data set"
    #expect(try message("/floats", [2, 3]) == "no error")
    #expect(try message("/floats", [3, 2]) == "\(prefix) /floats of \(path): expected shape [3, 2], found [2, 3]")
    #expect(try message("/integers", [2, 3]) == "\(prefix) /integers of \(path): expected float32, found int32")
    #expect(try message("/x", [6]) == "cannot open data set /x of \(path): there is no such data set")
  }

  @Test("keep what was there, and leave nothing else, when writing fails")
  func failure() throws {
    let path = scratch.path("kept.h5")
    try HDF5File.write(to: path) { file throws(HDF5Error) in try file.setAttribute("written", to: Int64(1)) }
    let before = try scratch.bytes("kept.h5")
    #expect(throws: HDF5Error.self) {
      try HDF5File.write(to: path) { file throws(HDF5Error) in
        try file.write([Float](repeating: 1, count: 100_000), shape: [100_000], to: "/values")
        try file.write(["null \0 character"], to: "/names")
      }
    }
    #expect(try scratch.names() == ["kept.h5"])
    #expect(try scratch.bytes("kept.h5") == before)
    #expect(throws: HDF5Error.self) {
      try HDF5File.write(to: scratch.path("no/such/folder.h5")) { file throws(HDF5Error) in try file.createGroup("/a") }
    }
  }

  @Test("are written by several threads at once")
  func threads() async throws {
    let folder = scratch.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<16 {
        group.addTask {
          let values = (0..<1000).map { Float(index * 1000 + $0) }
          let path = "\(folder)/\(index % 8).h5"
          try HDF5File.write(to: path) { file throws(HDF5Error) in try file.write(values, shape: [1000], to: "/values") }
          #expect(try HDF5File.open(at: path).readFloats("/values").values.count == 1000)
        }
      }
      try await group.waitForAll()
    }
    #expect(try scratch.names() == (0..<8).map { "\($0).h5" })
  }
}
