import DataSets
import Files
import Images

/// A fact about a picture file that a user who packs it should know: a line of `report.csv`.
public struct Finding: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    // Files without pixels: the picture is left out.
    case unreadable, empty, truncated, damaged
    case notAPicture = "not a picture"
    case tooElongated = "too elongated"
    // Odd files: the picture is packed nevertheless.
    case misnamed, cmyk = "CMYK", turned, transparent, tiny, elongated, annotation
    case deep = "16-bit"

    public var isBad: Bool { [.unreadable, .empty, .truncated, .damaged, .notAPicture, .tooElongated].contains(self) }
  }

  /// The path relative to the data folder.
  public let file: String
  public let split: Split
  public let kind: Kind
  /// The facts that were found.
  public let detail: String
  /// The action that was taken.
  public let action: String

  static let header = "file,split,finding,detail,action\n"

  /// The finding as a line of the table, in RFC 4180 without its carriage return.
  var line: String { CSV.row([file, split.rawValue, kind.rawValue, detail, action]) }

  init(file: String, split: Split, kind: Kind, detail: String, action: String) {
    (self.file, self.split, self.kind, self.detail, self.action) = (file, split, kind, detail, action)
  }

  /// Makes the finding about a picture that can't be packed.
  init(_ error: ImageError, bytes: UnsafeRawBufferPointer?, file: String, split: Split) {
    let kind: Kind
    if let bytes {
      let isPicture = bytes.starts(with: [0xFF, 0xD8]) || bytes.starts(with: [0x89, 0x50, 0x4E, 0x47])
      let isCut = error.description.contains("truncated")
      let isTooLong = error.kind == .invalidSize
      kind = bytes.isEmpty ? .empty : !isPicture ? .notAPicture : isTooLong ? .tooElongated : isCut ? .truncated : .damaged
    } else {
      kind = .unreadable
    }
    let action = split == .train ? "left out" : "no pixels: evaluation counts the mean picture instead"
    self.init(file: file, split: split, kind: kind, detail: error.description, action: action)
  }

  /// The oddities of a picture that was decoded nevertheless.
  static func odd(_ facts: PictureFacts, file: String, split: Split, shorterSide: Int) -> [Finding] {
    var found: [Finding] = []
    func add(_ kind: Kind, _ detail: String, _ action: String) {
      found.append(Finding(file: file, split: split, kind: kind, detail: detail, action: action))
    }
    if let named = PictureFacts.format(named: file), named != facts.format {
      add(.misnamed, "named like \(named.rawValue), is \(facts.format.rawValue)", "read as what it is")
    }
    if facts.isCMYK { add(.cmyk, "four inks", "converted to RGB") }
    if facts.orientation != .upright { add(.turned, "EXIF orientation \(facts.orientation.rawValue)", "turned upright") }
    if facts.bits == 16 { add(.deep, "16 bits a sample", "reduced to 8 bits") }
    if facts.hasAlpha { add(.transparent, "an alpha channel", "put on white") }
    let (shorter, longer) = (min(facts.size.width, facts.size.height), max(facts.size.width, facts.size.height))
    if shorter * 8 < shorterSide { add(.tiny, "\(facts.size)", "enlarged when it is read") }
    if longer > 8 * shorter { add(.elongated, "\(facts.size)", "crops show a small part of it") }
    return found
  }
}
