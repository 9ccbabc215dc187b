import DataSets
import Foundation

/// Names what of annotations can't be used on descriptor 2, the first of many.
func report(_ faults: [AnnotationFault], in folder: String) {
  let shown = 50
  var text = ""
  for fault in faults.prefix(shown) { text += "\(folder)/\(fault.file): \(fault.reason)\n" }
  if faults.count > shown { text += "… and \(faults.count - shown) more\n" }
  let files = Set(faults.map(\.file)).count
  if files > 0 { text += "\(files) annotation\(files == 1 ? "" : "s") can't be used, or not as a whole; all others count\n" }
  // A log that can't be written to is no reason to end the work.
  try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
