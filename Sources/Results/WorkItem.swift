import Files

/// One item of a job, for instance a class or a picture.
package struct WorkItem<Subject: Codable & Sendable>: Codable, Sendable {
  /// The name of the item, see `ItemNames`.
  package var name: String
  /// The picture that the result belongs to; nil if there is none.
  package var picture: PictureSource?
  /// What else the job must know of the item; rank 0 sends it to the other ranks.
  package var subject: Subject

  package init(name: String, picture: PictureSource? = nil, subject: Subject) {
    (self.name, self.picture, self.subject) = (name, picture, subject)
  }

  /// The number of the item's stream of random numbers. It doesn't depend on the sub-folder, so that the result doesn't either.
  package var stream: UInt64 { ItemNames.hash(ItemNames.name(of: name)) }
}

extension WorkItem where Subject == NoFacts {
  package init(name: String, picture: PictureSource? = nil) {
    self.init(name: name, picture: picture, subject: NoFacts())
  }
}

/// The facts that tell whether a result belongs to a picture as it is now.
package struct PictureSource: Codable, Sendable, Hashable {
  /// The absolute path.
  package var path: FileName
  /// The path within the folder that was given: the picture's name in results, wherever that folder is.
  package var name: FileName
  /// The synset id of the picture's true class, if it is known.
  package var truth: String?
  /// The SHA-256 of the annotation of the picture's boxes; nil if there is none.
  package var annotationSHA256: String?

  package init(path: FileName, name: FileName, truth: String? = nil, annotationSHA256: String? = nil) {
    (self.path, self.name, self.truth, self.annotationSHA256) = (path, name, truth, annotationSHA256)
  }

  /// Computes the SHA-256 of the file's bytes; nil if the file can't be read.
  ///
  /// - Throws: `FileError` if the storage is away, which says nothing about the file.
  package func digest() throws(FileError) -> String? {
    do throws(FileError) {
      return try WholeFile.read(path).withUnsafeBytes { SHA256.hex(of: $0) }
    } catch {
      if error.storageTrouble != nil { throw error }
      return nil
    }
  }
}
