import AllocationCounter
import ConvNet
import Foundation

// step-allocations BACKEND PRECISION PURPOSE WORKERS: what 100 steps allocate once two have been made, as
// `own A primitives B inside C freed D`. Ends with 1, and says where it was, when anything but a oneDNN primitive has allocated.
let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard arguments.count == 4, let backend = BackendChoice(rawValue: arguments[0]),
  let precision = Precision(rawValue: arguments[1]), let purpose = Purpose(rawValue: arguments[2]),
  let workers = Int(arguments[3])
else {
  print("usage: step-allocations BACKEND PRECISION PURPOSE WORKERS")
  exit(2)
}

let steps = try Steps(backend, precision, purpose, workers: workers)
for _ in 0..<2 { steps.step() }
var counts = allocation_counts()
// OpenBLAS maps a buffer once, when two of its calls first overlap: on a busy machine that may come late. What every step
// allocates comes again.
for _ in 0..<3 {
  allocation_counter_start()
  for _ in 0..<100 { steps.step() }
  counts = allocation_counter_stop()
  if counts.own == 0 { break }
}
print(
  "own \(counts.own) primitives \(counts.primitives) inside \(counts.inside_primitives) freed \(counts.freed_inside_primitives)")
if counts.own > 0 {
  allocation_counter_report()
  exit(1)
}
