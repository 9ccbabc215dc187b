import Cluster
import Foundation
import Synchronization

/// The work queue.
let workQueueChecks = [
  RankCheck("queue-once", checkOnce), RankCheck("queue-slow-rank", checkSlowRank), RankCheck("queue-order", checkOrder),
  RankCheck("queue-reports", checkReports), RankCheck("queue-report-fails", reportFails),
  RankCheck("queue-rank-fails", rankFails), RankCheck("queue-rate", measureRate),
]

private final class Log: Sendable {
  private let entries = Mutex<[(item: Int, bytes: [UInt8])]>([])
  private let busy = Atomic(false)

  func append(_ item: Int, _ bytes: [UInt8]) throws {
    // Two calls at the same time would both see false.
    try expect(!busy.exchange(true, ordering: .sequentiallyConsistent), "two reports at the same time")
    usleep(50)
    entries.withLock { $0.append((item, bytes)) }
    busy.store(false, ordering: .sequentiallyConsistent)
  }

  var all: [(item: Int, bytes: [UInt8])] { entries.withLock { $0 } }
}

/// `queue-once COUNT`: each item is handed out once, over all ranks, three queues one after another.
private func checkOnce(_ communicator: Communicator, _ arguments: [String]) throws {
  let count = Int(arguments[0])!
  for _ in 0..<3 {
    let queue = try WorkQueue(count: count, communicator: communicator)
    var times = [Int](repeating: 0, count: count)
    while let item = try queue.next() { times[item] += 1 }
    try expectEqual(try queue.next(), nil, "an item after the last")
    try queue.finish()
    try communicator.allReduceSum(&times)
    try expectEqual(times, [Int](repeating: 1, count: count), "how often each item was handed out")
  }
}

/// The last rank takes ten times as long for an item.
private func checkSlowRank(_ communicator: Communicator, _ arguments: [String]) throws {
  let queue = try WorkQueue(count: 60, communicator: communicator)
  var done = [Int](repeating: 0, count: communicator.size)
  let isSlow = communicator.rank == communicator.size - 1
  while try queue.next() != nil {
    usleep(isSlow ? 50_000 : 5_000)
    done[communicator.rank] += 1
  }
  try queue.finish()
  try communicator.allReduceSum(&done)
  try expectEqual(done.reduce(0, +), 60, "items done")
  for fast in done.dropLast() { try expect(fast > 2 * done.last!, "the slow rank did as much as others: \(done)") }
}

/// Rank 0's order counts, and items that aren't in it are left out.
private func checkOrder(_ communicator: Communicator, _ arguments: [String]) throws {
  let order = [7, 3, 9, 0]
  let log = Log()
  let queue = try WorkQueue(
    count: 10, order: communicator.rank == 0 ? order : nil, communicator: communicator, onReport: log.append)
  // Rank 1, if there is one, does all the work, so that the order shows.
  if communicator.rank == min(1, communicator.size - 1) {
    while let item = try queue.next() { try queue.report(item) }
  }
  try queue.finish()
  if communicator.rank == 0 { try expectEqual(log.all.map(\.item), order, "order of reports") }
}

/// `queue-reports COUNT LENGTH`: all reports have arrived when `finish` returns, whole.
private func checkReports(_ communicator: Communicator, _ arguments: [String]) throws {
  let (count, length) = (Int(arguments[0])!, Int(arguments[1])!)
  func bytes(_ item: Int) -> [UInt8] {
    item % 5 == 0 ? [] : (0..<length + item).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ item) }
  }
  let log = Log()
  let queue = try WorkQueue(count: count, communicator: communicator, onReport: log.append)
  while let item = try queue.next() { try queue.report(item, bytes(item)) }
  try queue.finish()
  let found = log.all.sorted { $0.item < $1.item }
  try expectEqual(found.map(\.item), communicator.rank == 0 ? Array(0..<count) : [], "items reported")
  for entry in found { try expect(entry.bytes == bytes(entry.item), "the report of \(entry.item) has other bytes") }
}

private struct DiskFull: ExitCoded, CustomStringConvertible {
  var exitCode: Int32 { 3 }
  var description: String { "cannot write manifest.jsonl: no space left on device" }
}

/// `queue-report-fails RANK`: what rank RANK reports can't be written.
private func reportFails(_ communicator: Communicator, _ arguments: [String]) throws {
  let queue = try WorkQueue(count: 1000, communicator: communicator) { _, bytes in
    if bytes[0] == UInt8(arguments[0]) { throw DiskFull() }
  }
  while let item = try queue.next() {
    try queue.report(item, [UInt8(communicator.rank)])
    usleep(10_000)
  }
  try queue.finish()
}

/// `queue-rank-fails RANK`: a rank fails on its third item.
private func rankFails(_ communicator: Communicator, _ arguments: [String]) throws {
  let queue = try WorkQueue(count: 1000, communicator: communicator)
  var done = 0
  while try queue.next() != nil {
    done += 1
    usleep(10_000)
    if communicator.rank == Int(arguments[0]), done == 3 { throw CheckFailure(description: "cannot do item 3") }
  }
  try queue.finish()
}

/// Not a test but a measurement: microseconds for an item that rank 1 fetches.
private func measureRate(_ communicator: Communicator, _ arguments: [String]) throws {
  let count = 20_000
  let queue = try WorkQueue(count: count, communicator: communicator)
  let start = ContinuousClock.now
  if communicator.rank == communicator.size - 1 {
    while try queue.next() != nil {}
    print("\((ContinuousClock.now - start) / .microseconds(1) / Double(count)) µs an item")
  }
  try queue.finish()
}
