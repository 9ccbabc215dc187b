import Files
import Foundation

/// JSON as all result files have it: keys are sorted, so that equal values give equal bytes, and numbers that aren't finite are
/// strings.
package enum ResultJSON {
  /// The most bytes of a file with one value: the summary of a million failures, or the strongest pictures of all channels.
  package static let longestFile = 1 << 29

  package static func text(_ value: some Encodable, pretty: Bool = false) throws(ResultsError) -> String {
    do {
      return try JSONText.of(value, pretty: pretty, hasNonFinite: true)
    } catch {
      throw ResultsError(.badData, "cannot write \(type(of: value)) as JSON: \(error)")
    }
  }

  /// Reads a value; nil if the text has another form, or numbers that make no sense (`CheckedNumbers`).
  package static func value<Value: Decodable>(_ type: Value.Type, _ text: some StringProtocol) -> Value? {
    try? decoded(type, text)
  }

  /// Reads the value in a file of a result folder; nil if there is no such file.
  ///
  /// - Throws: `ResultsError` that says what is wrong with the file.
  package static func file<Value: Decodable>(_ type: Value.Type, _ path: String) throws(ResultsError) -> Value? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      return try decoded(type, String(decoding: try WholeFile.read(FileName(path), limit: longestFile), as: UTF8.self))
    } catch let error as FileError {
      throw ResultsError(error.storageTrouble == nil ? .badData : .system, error.description)
    } catch let problem as NumberProblem {
      throw ResultsError(.badData, "\(path) can't be meant: \(problem); remove it or choose another folder")
    } catch {
      throw ResultsError(.badData, "\(path) isn't as deepinside writes it; remove it or choose another folder")
    }
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type, _ text: some StringProtocol) throws -> Value {
    let value = try JSONText.decoder.decode(type, from: Data(text.utf8))
    if let problem = (value as? any CheckedNumbers)?.problem { throw NumberProblem(description: problem) }
    return value
  }
}
