import Cluster
import Foundation

/// Every collective call, with data that differs on every rank. Float sums are of small integers, so they are exact.
let collectiveChecks = [
  RankCheck("layout", checkLayout), RankCheck("all-reduce", checkAllReduce), RankCheck("broadcast", checkBroadcast),
  RankCheck("gather", checkGather), RankCheck("agree", checkAgree), RankCheck("duplicate", checkDuplicate),
  RankCheck("barrier", checkBarrier), RankCheck("handles", checkHandles),
]

/// What rank `rank` has at `index`.
private func sample(_ index: Int, _ rank: Int) -> Int { (index &* 7 &+ rank &* 13) % 101 - 50 }

/// `layout RANKS`
private func checkLayout(_ communicator: Communicator, _ arguments: [String]) throws {
  try expectEqual(communicator.size, arguments.first.flatMap { Int($0) } ?? 1, "size")
  try expect((0..<communicator.size).contains(communicator.rank), "rank \(communicator.rank)")
  // All ranks of a test run on one host.
  try expectEqual(communicator.localSize, communicator.size, "local size")
  try expectEqual(communicator.localRank, communicator.rank, "local rank")
  try expectEqual(communicator.hostName, ProcessInfo.processInfo.hostName, "host name")
}

/// `all-reduce COUNT`
private func checkAllReduce(_ communicator: Communicator, _ arguments: [String]) throws {
  let count = arguments.first.flatMap { Int($0) } ?? 5
  let (rank, ranks) = (communicator.rank, 0..<communicator.size)
  func expected(_ index: Int) -> Int { ranks.reduce(0) { $0 + sample(index, $1) } }

  let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
  defer { floats.deallocate() }
  for index in 0..<count { floats[index] = Float(sample(index, rank)) }
  try communicator.allReduceSum(floats)
  for index in 0..<count { try expectEqual(floats[index], Float(expected(index)), "Float sum at \(index)") }

  var doubles = (0..<count).map { Double(sample($0, rank)) / 4 }
  try communicator.allReduceSum(&doubles)
  for index in 0..<count { try expectEqual(doubles[index], Double(expected(index)) / 4, "Double sum at \(index)") }

  // Beyond 32 bits and beyond a Double's 53.
  var integers = (0..<count).map { sample($0, rank) + 1 << 54 }
  try communicator.allReduceSum(&integers)
  for index in 0..<count {
    try expectEqual(integers[index], expected(index) + ranks.count << 54, "Int sum at \(index)")
  }

  var highest = (0..<count).map { sample($0, rank) }
  var lowest = highest.map(Double.init)
  try communicator.allReduceMax(&highest)
  try communicator.allReduceMin(&lowest)
  for index in 0..<count {
    try expectEqual(highest[index], ranks.map { sample(index, $0) }.max()!, "maximum at \(index)")
    try expectEqual(lowest[index], Double(ranks.map { sample(index, $0) }.min()!), "minimum at \(index)")
  }
  try expectEqual(try communicator.allReduceSum(rank + 1), ranks.count * (ranks.count + 1) / 2, "sum of one Int")
  try expectEqual(try communicator.allReduceMax(Double(rank)), Double(ranks.count - 1), "maximum of one Double")
  try expectEqual(try communicator.allReduceMin(Float(-rank)), Float(1 - ranks.count), "minimum of one Float")
}

private struct Plan: Codable, Equatable {
  var name: String
  var rates: [Float]
  var step: UInt64
  var best: Double?
}

/// `broadcast COUNT`
private func checkBroadcast(_ communicator: Communicator, _ arguments: [String]) throws {
  let count = arguments.first.flatMap { Int($0) } ?? 5
  let rank = communicator.rank
  for root in 0..<communicator.size {
    let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
    defer { floats.deallocate() }
    for index in 0..<count { floats[index] = Float(sample(index, rank)) }
    try communicator.broadcast(floats, from: root)
    for index in 0..<count { try expectEqual(floats[index], Float(sample(index, root)), "Float \(index) of \(root)") }

    func bytes(_ rank: Int) -> [UInt8] { (0..<count + rank).map { UInt8(truncatingIfNeeded: sample($0, rank)) } }
    let received = try communicator.broadcast(bytes(rank), from: root)
    try expect(received == bytes(root), "the bytes of \(root) differ")
    try expectEqual(try communicator.broadcast("Ränge, rank \(rank)", from: root), "Ränge, rank \(root)", "text of \(root)")
    try expectEqual(try communicator.broadcast(rank == root ? "" : "x", from: root), "", "empty text of \(root)")

    func plan(_ rank: Int) -> Plan {
      let best: Double? = rank == 0 ? nil : 1 / 3
      return Plan(name: "of \(rank)", rates: [0.1, .infinity, Float(rank) / 3], step: .max - UInt64(rank), best: best)
    }
    try expectEqual(try communicator.broadcast(rank == root ? plan(rank) : nil, from: root), plan(root), "value of \(root)")
  }
}

/// `gather LENGTH`
private func checkGather(_ communicator: Communicator, _ arguments: [String]) throws {
  let length = arguments.first.flatMap { Int($0) } ?? 3
  // Rank 1 has nothing.
  func bytes(_ rank: Int) -> [UInt8] {
    (0..<(rank == 1 ? 0 : length + rank)).map { UInt8(truncatingIfNeeded: sample($0, rank)) }
  }
  let expected = (0..<communicator.size).map(bytes)
  let gathered = try communicator.gather(bytes(communicator.rank))
  try expect(communicator.rank == 0 ? gathered == expected : gathered == nil, "gather differs on rank \(communicator.rank)")
  let everywhere = try communicator.allGather(bytes(communicator.rank))
  try expect(everywhere == expected, "allGather differs on rank \(communicator.rank)")
  let names = try communicator.allGather("rank \(communicator.rank)")
  try expectEqual(names, (0..<communicator.size).map { "rank \($0)" }, "texts")
}

private func checkAgree(_ communicator: Communicator, _ arguments: [String]) throws {
  let (rank, size) = (communicator.rank, communicator.size)
  try expectEqual(try communicator.agree(on: true), true, "all true")
  try expectEqual(try communicator.agree(on: rank != size - 1), false, "all but the last")
  try expectEqual(try communicator.agree(on: rank == size - 1, .any), true, "the last alone")
  try expectEqual(try communicator.agree(on: false, .any), false, "none")
}

/// A message on a duplicate doesn't meet one on the original, although both have the same source and tag.
private func checkDuplicate(_ communicator: Communicator, _ arguments: [String]) throws {
  let copy = try communicator.duplicate()
  try expectEqual([copy.rank, copy.size], [communicator.rank, communicator.size], "rank and size")
  try expectEqual(
    [copy.localRank, copy.localSize], [communicator.localRank, communicator.localSize], "local rank and size")
  // The two sums run at the same time, in threads whose order differs from rank to rank.
  let sums = ThreadedSums()
  let ended = DispatchGroup()
  for one in communicator.rank % 2 == 0 ? [communicator, copy] : [copy, communicator] {
    let factor = one === copy ? 1000 : 1
    ended.enter()
    Thread {
      sums.add((try? one.allReduceSum(factor * (one.rank + 1))) ?? -1)
      ended.leave()
    }.start()
    if communicator.rank % 2 == 0 { usleep(20_000) }
  }
  ended.wait()
  let sum = communicator.size * (communicator.size + 1) / 2
  try expectEqual(sums.sorted, [sum, 1000 * sum], "sums of two threads")
}

/// MPI has communicators and windows back when all ranks have let them go, and not before.
private func checkHandles(_ communicator: Communicator, _ arguments: [String]) throws {
  let before = try MPIHandle.freeReleased(communicator)
  var copy: Communicator? = try communicator.duplicate()
  var exchange: SharedMemoryExchange? = try SharedMemoryExchange(communicator)
  try expectEqual(try MPIHandle.freeReleased(communicator), before + 2, "handles in use")
  exchange = nil
  if communicator.rank > 0 { copy = nil }
  try expectEqual(try MPIHandle.freeReleased(communicator), before + 1, "handles of which rank 0 uses one")
  try expectEqual(copy == nil, communicator.rank > 0, "the copy")
  copy = nil
  try expectEqual(try MPIHandle.freeReleased(communicator), before, "handles after all")
  try expect(exchange == nil, "the window")
}

private final class ThreadedSums: @unchecked Sendable {
  private let lock = NSLock()
  private var sums: [Int] = []
  var sorted: [Int] { lock.withLock { sums.sorted() } }
  func add(_ sum: Int) { lock.withLock { sums.append(sum) } }
}

/// Nobody leaves the barrier before the slowest has entered it.
private func checkBarrier(_ communicator: Communicator, _ arguments: [String]) throws {
  if communicator.rank == communicator.size - 1 { usleep(200_000) }
  let entered = clock()
  try communicator.barrier()
  let left = clock()
  let latestEntry = try communicator.allReduceMax(entered)
  let earliestExit = try communicator.allReduceMin(left)
  try expect(earliestExit >= latestEntry, "left at \(earliestExit) s, before the last entered at \(latestEntry) s")

  func clock() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}
