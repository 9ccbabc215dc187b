import Foundation
import TestSupport
import Testing

@testable import Interchange

@Suite("TensorBoard")
struct TensorBoardTests {
  // RFC 3720, appendix B.4, and the check value of "123456789".
  @Test("the CRC is the published one")
  func crc() {
    let known: [([UInt8], UInt32)] = [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      ([UInt8](0..<32), 0x46DD_794E), ([UInt8]("123456789".utf8), 0xE306_9283), ([], 0),
    ]
    for (bytes, expected) in known { #expect(CRC32C.of(bytes) == expected, "\(bytes)") }
  }

  /// The bytes that tensorboard's own writer made of the same events: see Golden/events.py.
  @Test("a file has the bytes that TensorBoard's own writer gives it")
  func golden() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(folder: folder.path, resumingAt: 0, now: 1_700_000_000.25)
    try file.append(step: 1, [("train/loss", 2.302585), ("train/learning_rate", 0.01)], now: 1_700_000_001.5)
    try file.append(step: 300, [("validation/top1_error", 0.875), ("validation/loss", .nan)], now: 1_700_000_002)
    let resumed = try EventFile(folder: folder.path, resumingAt: 200, now: 1_700_000_000.25)
    try resumed.append(step: 201, [("train/loss", -1.5)], now: 1_700_000_003)
    #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)) == goldenFile("events.first"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: resumed.path)) == goldenFile("events.resumed"))
    // Readers take files in the order of their names.
    #expect(file.path < resumed.path)
  }
}

/// A file that a recipe in Golden/ has made.
func goldenFile(_ name: String) throws -> Data {
  try Data(contentsOf: #require(Bundle.module.resourceURL).appendingPathComponent("Golden/\(name)"))
}

func goldenPath(_ name: String) throws -> String {
  try #require(Bundle.module.resourceURL).appendingPathComponent("Golden/\(name)").path
}
