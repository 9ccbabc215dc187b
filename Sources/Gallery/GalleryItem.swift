import Foundation
import Results

/// The data of a result for a page's script.
package struct GalleryItem: Encodable {
  /// The result's name.
  package let item: String
  /// The picture's address, relative to the page.
  let image: String
  package let `class`: String
  package let name: String
  let score: Float?
  let posterior: Float?
  let top5: [Top]
  package let source: String?
  let truth: String?
  let warning: String?
  /// The largest intersection over union of an answer with a true box of the same class; 0 if no answer has the class.
  let overlap: Double?
  /// The score trace in at most 200 points, to 4 digits; infinities and NaN are nil.
  let trace: [Double?]?
  /// The number of iterations of the trace.
  let iterations: Int?

  /// The net's answer: the class with the highest score, whichever class was asked for.
  var answer: String { top5.first?.class ?? `class` }

  package struct Top: Encodable {
    let `class`: String
    let name: String
    let score: Float?
    let posterior: Float?
  }

  /// - Parameters:
  ///   - overlap: see `PageKind.overlap`.
  ///   - root: the address of the result folder relative to the page, with a slash at its end; empty if the page is in that
  ///     folder.
  init(_ record: CommonFacts, overlap: Double? = nil, trace: [Float]?, root: String = "") {
    func finite(_ value: Float) -> Float? { value.isFinite ? value : nil }
    item = ItemNames.name(of: record.item)
    image = root + Self.address(of: record.item + ".png")
    `class` = record.class
    name = record.className
    score = finite(record.score)
    posterior = finite(record.posterior)
    top5 = record.top5.map { Top(class: $0.class, name: $0.className, score: finite($0.score), posterior: finite($0.posterior)) }
    source = record.source.map { ($0 as NSString).lastPathComponent }
    truth = record.truth
    warning = record.warning
    self.overlap = overlap
    self.trace = trace.map(Self.thinned)
    iterations = trace.map { $0.count - 1 }
  }

  /// The address of a file in the folder, relative to it; slashes aren't escaped.
  static func address(of file: String) -> String {
    let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
    return file.addingPercentEncoding(withAllowedCharacters: plain) ?? file
  }

  private static func thinned(_ trace: [Float]) -> [Double?] {
    let count = min(trace.count, 200)
    return (0..<count).map { point in
      let value = trace[point * (trace.count - 1) / max(count - 1, 1)]
      guard value.isFinite, value != 0 else { return value == 0 ? 0 : nil }
      let unit = pow(10, 3 - floor(log10(abs(Double(value)))))
      return (Double(value) * unit).rounded() / unit
    }
  }
}
