#if DEBUG || TESTABLE
  /// A reader of foreign bytes, as it is fuzzed: whole inputs to begin with, and what is done with each.
  struct FuzzReader {
    let name: String
    /// The files whose lines it is to reach, below `Sources`.
    let sources: [String]
    /// Bytes of the longest input that is tried.
    var longest = 16_384
    /// Whether it is run only when it is named.
    var onlyWhenNamed = false
    /// Makes whole inputs: files of the program's own, or of the tests' golden data.
    let seeds: () throws -> [[UInt8]]
    /// Reads the input; what it throws is an answer, and only a crash, a hang or too much memory is a finding.
    let read: (UnsafeRawBufferPointer) throws -> Void
  }

  /// All readers, in the order in which they are run.
  func allFuzzReaders() throws -> [FuzzReader] {
    try pictureReaders() + weightReaders() + textReaders() + descriptionReaders() + fileReaders() + archiveReaders()
      + resultReaders()
  }
#endif
