import CCrypto

/// The SHA-256 of bytes that come in pieces (FIPS 180-4), computed with the processor's SHA instructions if it has them.
public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  /// Source: EVP_DigestInit_ex
  public init() {
    // These calls fail only if libcrypto has no SHA-256, or there is no memory, whatever the data are.
    guard let context = EVP_MD_CTX_new() else { preconditionFailure("EVP_MD_CTX_new: no memory") }
    precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds the next bytes. Source: EVP_DigestUpdate
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "EVP_DigestUpdate failed")
  }

  /// Adds the UTF-8 bytes of a text.
  public mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The digest as 64 lower-case hexadecimal digits. Source: EVP_DigestFinal_ex
  public consuming func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1, "EVP_DigestFinal_ex failed")
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The digest of bytes that are all in memory.
  public static func hex(of bytes: UnsafeRawBufferPointer) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// The digest of a text's UTF-8 bytes.
  public static func hex(of text: String) -> String {
    var hash = SHA256()
    hash.update(text)
    return hash.finish()
  }
}
