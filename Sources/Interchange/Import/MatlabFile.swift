import Files
import Foundation
import Images

/// A value in a MATLAB file.
public indirect enum MatlabValue: Sendable {
  /// Numbers of any class; of complex ones only the real parts.
  case numbers(MatlabNumbers)
  case text(String)
  /// A cell array, column by column.
  case cells([MatlabValue])
  /// A struct array, column by column; a record maps field names to values.
  case records([[String: MatlabValue]])
  /// Anything else: empty matrices, sparse ones, objects, functions.
  case other

  /// The value as a single number; nil if it isn't one.
  public var number: Double? {
    guard case .numbers(let numbers) = self, numbers.count == 1 else { return nil }
    return numbers.doubles.first
  }

  public var doubles: [Double]? {
    guard case .numbers(let numbers) = self else { return nil }
    return numbers.doubles
  }

  public var text: String? {
    guard case .text(let text) = self else { return nil }
    return text
  }

  public var cells: [MatlabValue]? {
    guard case .cells(let cells) = self else { return nil }
    return cells
  }

  public var records: [[String: MatlabValue]]? {
    guard case .records(let records) = self else { return nil }
    return records
  }
}

/// A numeric array as the file has it: the first dimension runs fastest.
public struct MatlabNumbers: Sendable {
  /// The sizes of the dimensions, at least two.
  public let dimensions: [Int]
  /// The type in which the numbers are stored, which may be narrower than their class: 1–6 integers of 8, 16 and 32 bits, signed
  /// before unsigned, 7 single, 9 double, 12 and 13 integers of 64 bits.
  let storage: Int
  let bytes: ArraySlice<UInt8>

  public var count: Int { dimensions.reduce(1, *) }

  public var floats: [Float] { storage == 7 ? converted { Float(bitPattern: $0 as UInt32) } : doubles.map(Float.init) }

  public var doubles: [Double] {
    switch storage {
    case 1: converted { Double($0 as Int8) }
    case 2: converted { Double($0 as UInt8) }
    case 3: converted { Double($0 as Int16) }
    case 4: converted { Double($0 as UInt16) }
    case 5: converted { Double($0 as Int32) }
    case 6: converted { Double($0 as UInt32) }
    case 7: converted { Double(Float(bitPattern: $0 as UInt32)) }
    case 9: converted { Double(bitPattern: $0 as UInt64) }
    case 12: converted { Double($0 as Int64) }
    case 13: converted { Double($0 as UInt64) }
    default: []
    }
  }

  private func converted<Stored: FixedWidthInteger & BitwiseCopyable, Number>(_ convert: (Stored) -> Number) -> [Number] {
    let size = MemoryLayout<Stored>.size
    return bytes.withUnsafeBytes { bytes in
      (0..<(bytes.count / size)).map {
        convert(Stored(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * size, as: Stored.self)))
      }
    }
  }

  static func size(ofStorage storage: Int) -> Int? {
    [1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8][storage]
  }
}

/// Reads MATLAB's version 5 file format: numbers, texts, cells and structs.
///
/// Source: MathWorks, *MAT-File Format* (R2019b), chapter 1: a header of 128 bytes, then elements of a tag (type, size) and data
/// padded to 8 bytes; type 15 is a zlib stream with one element; type 14 is an array of sub-elements.
public struct MatlabFile: Sendable {
  public private(set) var variables: [String: MatlabValue] = [:]

  /// The most bytes that all packed elements together may unpack to.
  static let mostUnpacked = 1 << 30
  private static let mostBytes = 1 << 34

  /// - Throws: `InterchangeError` if the file can't be read, is no MATLAB 5.0 file, or is damaged.
  public init(_ path: String) throws(InterchangeError) {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try WholeFile.read(FileName(path), limit: Self.mostBytes)
    } catch {
      throw InterchangeError(.badData, error.description)
    }
    guard bytes.count > 128, bytes.starts(with: "MATLAB 5.0".utf8), bytes[126] == 0x49, bytes[127] == 0x4D else {
      let foreign = ForeignFile.recognised(bytes).flatMap { $0.kind == .matlab5 ? nil : $0.sentence }
      throw .badData(
        path, "expected a little-endian MATLAB 5.0 file, found \(foreign ?? "\(bytes.count) bytes of another kind")")
    }
    var reader = MatlabReader(bytes: bytes[128...], path: path)
    // The bytes, and below the values, that all elements together may still have.
    var left = Self.mostUnpacked
    var values = MatlabReader.mostValues
    while var element = try reader.next() {
      if element.type == 15 {
        let content: [UInt8]
        do throws(ImageError) {
          content = try inflated(element.data, name: path, limit: left)
          left -= content.count
        } catch { throw .badData(path, error.description) }
        var inner = MatlabReader(bytes: content[...], path: path)
        guard let first = try inner.next() else { continue }
        element = first
      }
      guard element.type == 14 else { continue }
      let (name, value) = try MatlabReader.array(element.data, path: path, left: &values)
      if !name.isEmpty { variables[name] = value }
    }
  }
}
