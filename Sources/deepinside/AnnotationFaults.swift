import DataSets
import Foundation

/// Prints to standard error which annotations can't be used, at most 50 of them.
func report(_ faults: [AnnotationFault], in folder: String) {
  let shown = 50
  var text = ""
  for fault in faults.prefix(shown) { text += "\(folder)/\(fault.file): \(fault.reason)\n" }
  if faults.count > shown { text += "… and \(faults.count - shown) more\n" }
  let files = Set(faults.map(\.file)).count
  if files > 0 { text += "\(files) annotation\(files == 1 ? "" : "s") can't be used, or not as a whole; all others count\n" }
  // If the log can't be written to, the work goes on.
  try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
