#if DEBUG || TESTABLE
  import CHDF5
  import Files
  import Foundation

  @testable import HDF5

  /// The contents of an HDF5 file as a row of entries, which can be mutated and written again with right checksums.
  ///
  /// A mutated HDF5 file hardly ever gets past the library's checksums of its metadata and ours of the data sets. Here a mutation
  /// changes names, shapes, types, texts and values, and the file that comes of it is whole.
  struct HDF5Outline {
    /// Of an attribute: text 0, integer 1, real 2; of a data set: float32 3, int32 4, strings 5.
    struct Entry {
      var kind: UInt8
      /// Of the attribute; of a data set its path.
      var name: String
      /// What the attribute belongs to.
      var object = "/"
      /// Of a data set; a row of strings has its width as a second size.
      var shape: [Int] = []
      var bytes: [UInt8]
    }

    var entries: [Entry] = []
    static let kinds: UInt8 = 6
    private static let checksum = HDF5File.checksumAttribute

    // MARK: Bytes

    init(_ bytes: UnsafeRawBufferPointer) {
      var rest = bytes[...]
      func take(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
      }
      func number(_ width: Int) -> Int { take(width).reversed().reduce(0) { $0 << 8 | Int($1) } }
      func text() -> String { String(decoding: take(number(1)), as: UTF8.self) }
      while !rest.isEmpty, entries.count < 64 {
        var entry = Entry(kind: UInt8(number(1)) % Self.kinds, name: text(), bytes: [])
        if entry.kind < 3 { entry.object = text() } else { entry.shape = (0..<(number(1) & 7)).map { _ in number(5) } }
        entry.bytes = take(number(2))
        entries.append(entry)
      }
    }

    var bytes: [UInt8] {
      func number(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
      func text(_ text: String) -> [UInt8] { number(text.utf8.count, 1) + Array(text.utf8) }
      var bytes: [UInt8] = []
      for entry in entries {
        bytes.append(entry.kind)
        bytes += text(entry.name)
        if entry.kind < 3 {
          bytes += text(entry.object)
        } else {
          bytes.append(UInt8(entry.shape.count))
          for size in entry.shape { bytes += number(size, 5) }
        }
        bytes += number(entry.bytes.count, 2)
        bytes += entry.bytes
      }
      return bytes
    }

    // MARK: Files

    /// What a file holds, but for checksums.
    init(contentsOf path: String) throws {
      let file = try HDF5File.open(at: path)
      let dataSets = try file.dataSets()
      for object in ["/"] + dataSets {
        for name in try file.attributeNames(of: object) where name != Self.checksum && name != "header_sha256" {
          switch try file.attribute(name, of: object) {
          case .string(let text)?: entries.append(Entry(kind: 0, name: name, object: object, bytes: Array(text.utf8)))
          case .integer(let value)?: entries.append(Entry(kind: 1, name: name, object: object, bytes: Self.little(value)))
          case .real(let value)?: entries.append(Entry(kind: 2, name: name, object: object, bytes: Self.little(value)))
          default: break
          }
        }
      }
      for dataSet in dataSets {
        let found = try file.dataSet(dataSet)
        var bytes = [UInt8](repeating: 0, count: found.byteCount)
        try bytes.withUnsafeMutableBytes { try file.readStored(found, into: $0) }
        switch found.element {
        case .float32: entries.append(Entry(kind: 3, name: dataSet, shape: found.shape, bytes: bytes))
        case .int32: entries.append(Entry(kind: 4, name: dataSet, shape: found.shape, bytes: bytes))
        case .string(let width): entries.append(Entry(kind: 5, name: dataSet, shape: found.shape + [width], bytes: bytes))
        default: break
        }
      }
    }

    /// Writes the file. Entries that HDF5 refuses are left out.
    func write(to path: String) throws {
      let file = try HDF5File.create(at: path)
      for entry in entries where entry.kind >= 3 { try? write(entry, to: file) }
      for entry in entries where entry.kind < 3 {
        switch entry.kind {
        case 0: try? file.setAttribute(entry.name, of: entry.object, to: String(decoding: entry.bytes, as: UTF8.self))
        case 1: try? file.setAttribute(entry.name, of: entry.object, to: Self.number(entry.bytes, Int64(0)))
        default: try? file.setAttribute(entry.name, of: entry.object, to: Self.number(entry.bytes, 0.0))
        }
      }
      try file.close()
    }

    /// More bytes than this are a hole in the file: what a small file may claim.
    private static let mostBytes = 1 << 20
    /// Larger data sets are left out: a reader may take the memory and the time for what a file holds. Those that no machine has
    /// memory for are in the tests of sizes.
    private static let largestHole = 1 << 26

    private func write(_ entry: Entry, to file: borrowing HDF5File) throws {
      let isText = entry.kind == 5
      let width = isText ? max(1, (entry.shape.last ?? 1) & 0xFFFF) : 4
      let shape = isText ? Array(entry.shape.dropLast()) : entry.shape
      let size = shape.reduce((count: width, overflow: false)) { total, next in
        let product = total.count.multipliedReportingOverflow(by: next)
        return (product.partialValue, total.overflow || product.overflow)
      }
      // Needed for texts only, whose width it has.
      let type = try file.stringType(width: width, "write")
      let stored = isText ? type.id : entry.kind == 3 ? hdf5_float32_little_endian() : hdf5_int32_little_endian()
      guard !size.overflow, size.count <= Self.largestHole else { return }
      guard size.count > Self.mostBytes else {
        var bytes = Array(entry.bytes.prefix(size.count))
        bytes += [UInt8](repeating: 0, count: size.count - bytes.count)
        try bytes.withUnsafeBytes { bytes in
          try file.write(bytes, count: size.count / width, shape: shape, to: entry.name, stored: stored, memory: stored)
          try file.setAttribute(Self.checksum, of: entry.name, to: SHA256.hex(of: bytes))
        }
        return
      }
      try writeHole(entry.name, shape, stored, file)
    }

    /// A data set whose values are a hole, but for the first.
    private func writeHole(_ name: String, _ shape: [Int], _ stored: hid_t, _ file: borrowing HDF5File) throws {
      if let slash = name.lastIndex(of: "/"), slash != name.startIndex { try file.createGroup(String(name[..<slash])) }
      let space = HDF5Handle(H5Screate_simple(Int32(shape.count), shape.map { hsize_t($0) }, nil), closedBy: H5Sclose)
      let creation = try HDF5File.timeless(hdf5_data_set_creation_class(), name)
      H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER)
      let links = try file.linkCreation()
      let id = H5Dcreate2(file.handle.id, name, stored, space.id, links.id, creation.id, hdf5_default())
      guard id >= 0 else { return }
      let dataSet = HDF5Handle(id, closedBy: H5Dclose)
      let one = HDF5Handle(H5Screate_simple(1, [1], nil), closedBy: H5Sclose)
      H5Sselect_elements(space.id, H5S_SELECT_SET, 1, shape.map { _ in 0 })
      let value = [UInt8](repeating: 1, count: 1 << 16)
      H5Dwrite(dataSet.id, stored, one.id, space.id, hdf5_default(), value)
    }

    private static func little<Value>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    private static func number<Value>(_ bytes: [UInt8], _ zero: Value) -> Value {
      var value = zero
      withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes.prefix($0.count)) }
      return value
    }
  }
#endif
