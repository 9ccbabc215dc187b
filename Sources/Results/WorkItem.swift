import Files

/// One thing to make a result of: a class, or a picture.
package struct WorkItem<Subject: Codable & Sendable>: Codable, Sendable {
  /// The result's item, see `ItemNames`.
  package var name: String
  /// The picture that the result is of, where it is of one.
  package var picture: PictureSource?
  /// What the job must know of it besides: rank 0 tells the other ranks.
  package var subject: Subject

  package init(name: String, picture: PictureSource? = nil, subject: Subject) {
    (self.name, self.picture, self.subject) = (name, picture, subject)
  }

  /// The number of its stream of random numbers: wherever its files are, it is the same result.
  package var stream: UInt64 { ItemNames.hash(ItemNames.name(of: name)) }
}

extension WorkItem where Subject == NoFacts {
  package init(name: String, picture: PictureSource? = nil) {
    self.init(name: name, picture: picture, subject: NoFacts())
  }
}

/// What tells whether a result is of a picture as it is now.
package struct PictureSource: Codable, Sendable, Hashable {
  /// Absolute.
  package var path: FileName
  /// Its path from the folder that was given: what names it in results, wherever that folder lies.
  package var name: FileName
  /// The synset id of what is in it, where that is known.
  package var truth: String?
  /// Of what is known of its boxes; nil where nothing is.
  package var annotationSHA256: String?

  package init(path: FileName, name: FileName, truth: String? = nil, annotationSHA256: String? = nil) {
    (self.path, self.name, self.truth, self.annotationSHA256) = (path, name, truth, annotationSHA256)
  }

  /// SHA-256 of the file's bytes; nil when it can't be read.
  ///
  /// - Throws: `FileError` when that says nothing of the file: the storage is away.
  package func digest() throws(FileError) -> String? {
    do throws(FileError) {
      return try WholeFile.read(path).withUnsafeBytes { SHA256.hex(of: $0) }
    } catch {
      if error.storageTrouble != nil { throw error }
      return nil
    }
  }
}
