extension ArchiveIndex {
  /// The index as bytes, for a file or another process: counts, then the arrays one after the other, little-endian.
  var serialized: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(names.count + count * (packedSizes.isEmpty ? 21 : 33) + 32)
    Self.append([count, names.count, packedSizes.isEmpty ? 0 : 1], to: &bytes)
    bytes += names
    Self.append(ends, to: &bytes)
    bytes += kinds
    for values in [offsets, sizes, packedSizes] { Self.append(values, to: &bytes) }
    Self.append(checksums, to: &bytes)
    return bytes
  }

  /// - Parameters:
  ///   - bytes: A slice that starts with what `serialized` gave. What follows it is left in the slice.
  ///   - limit: The end of the archive's bytes.
  /// - Returns: nil if the bytes are no index, or the index has members beyond the limit.
  init?(serialized bytes: inout ArraySlice<UInt8>, limit: Int) {
    guard let head = Self.take(3, of: Int.self, from: &bytes), (0...Int(UInt32.max)).contains(head[0]),
      let names = Self.take(head[1], of: UInt8.self, from: &bytes), let ends = Self.take(head[0], of: UInt32.self, from: &bytes),
      let kinds = Self.take(head[0], of: UInt8.self, from: &bytes), let offsets = Self.take(head[0], of: Int.self, from: &bytes),
      let sizes = Self.take(head[0], of: Int.self, from: &bytes),
      let packedSizes = Self.take(head[2] == 0 ? 0 : head[0], of: Int.self, from: &bytes),
      let checksums = Self.take(head[2] == 0 ? 0 : head[0], of: UInt32.self, from: &bytes)
    else { return nil }
    self.init(
      names: names, ends: ends, kinds: kinds, offsets: offsets, sizes: sizes, packedSizes: packedSizes, checksums: checksums)
    guard zip(ends, ends.dropFirst()).allSatisfy({ $0 <= $1 }), Int(ends.last ?? 0) == names.count else { return nil }
    let stored = packedSizes.isEmpty ? sizes : packedSizes
    guard offsets.allSatisfy({ (0...limit).contains($0) }), sizes.allSatisfy({ $0 >= 0 }),
      zip(offsets, stored).allSatisfy({ (0...(limit - $0)).contains($1) })
    else { return nil }
  }

  private static func append<Value: BitwiseCopyable>(_ values: [Value], to bytes: inout [UInt8]) {
    values.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  private static func take<Value: FixedWidthInteger & BitwiseCopyable>(
    _ count: Int, of type: Value.Type, from bytes: inout ArraySlice<UInt8>
  ) -> [Value]? {
    let size = MemoryLayout<Value>.size
    guard count >= 0, count <= bytes.count / size else { return nil }
    let values = [Value](unsafeUninitializedCapacity: count) { target, made in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: .init(rebasing: $0[..<(count * size)])) }
      made = count
    }
    bytes = bytes.dropFirst(count * size)
    return values
  }
}
