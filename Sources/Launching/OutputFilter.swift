/// Takes the word that rank 0 says when all is done out of what the ranks print, and passes everything else on at once.
///
/// A line that holds nothing but the word goes with its end.
package struct OutputFilter: Sendable {
  private let word: [UInt8]
  /// What may be the beginning of the word.
  private var held: [UInt8] = []
  /// True if something of the present line was passed on.
  private var hasText = false
  /// True if the word was taken out of the present line.
  private var hadWord = false
  /// True if the word has come.
  package private(set) var isDone = false

  package init(word: String) { self.word = word.bytes }

  /// What to print now of what has come.
  package mutating func pass(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var passed: [UInt8] = []
    for byte in bytes {
      held.append(byte)
      while !held.isEmpty, !word.starts(with: held) { passOn(held.removeFirst(), to: &passed) }
      if held == word {
        isDone = true
        hadWord = true
        held = []
      }
    }
    return passed
  }

  /// What is left at the end, which is the end of a line.
  package mutating func finish() -> [UInt8] {
    var passed: [UInt8] = []
    for byte in held { passOn(byte, to: &passed) }
    held = []
    if hasText { passOn(UInt8(ascii: "\n"), to: &passed) }
    return passed
  }

  private mutating func passOn(_ byte: UInt8, to passed: inout [UInt8]) {
    let isEnd = byte == UInt8(ascii: "\n")
    if !isEnd || hasText || !hadWord { passed.append(byte) }
    hasText = !isEnd
    if isEnd { hadWord = false }
  }
}
