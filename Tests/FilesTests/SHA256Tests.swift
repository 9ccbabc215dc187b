import Testing

@testable import Files

@Suite("SHA-256")
struct SHA256Tests {
  /// Source: examples of FIPS 180-4; `printf … | sha256sum` gives the same.
  @Test(
    "gives the known digests",
    arguments: [
      ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
  func known(text: String, times: Int, digest: String) {
    #expect(SHA256.hex(of: String(repeating: text, count: times)) == digest)
  }

  @Test("doesn't depend on how the bytes are cut")
  func pieces() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let whole = bytes.withUnsafeBytes { SHA256.hex(of: $0) }
    for cut in [1, 63, 64, 65, 999] {
      var hash = SHA256()
      bytes.withUnsafeBytes { all in
        for start in stride(from: 0, to: 1000, by: cut) {
          hash.update(UnsafeRawBufferPointer(rebasing: all[start..<min(start + cut, 1000)]))
        }
      }
      #expect(hash.finish() == whole, "pieces of \(cut)")
    }
  }
}
