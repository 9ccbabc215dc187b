import Testing

@testable import ConvNet

@Suite struct ThreadTeamTests {
  @Test("A split covers everything once, in contiguous ranges on grain boundaries", arguments: [1, 2, 3, 5], [1, 16])
  func split(workers: Int, grain: Int) throws {
    for count in [0, 1, 2, 15, 16, 17, 100] {
      let times = try FlatBuffer(count: count)
      ThreadTeam(workers: workers).split(count, grain: grain) { _, range in
        if range.lowerBound % grain != 0 { times.pointer[0] = -100 }
        for i in range { times.pointer[i] += 1 }
      }
      #expect(times.all.allSatisfy { $0 == 1 }, "\(count)")
    }
  }

  @Test("A body sees all that it has captured, whichever way it goes to the threads", arguments: [1, 2, 3, 5])
  func captures(workers: Int) throws {
    let team = ThreadTeam(workers: workers)
    for run in [team.run, team.runThroughPointer] {
      let sums = try FlatBuffer(count: workers)
      let (one, two, text, list) = (Float(1), 2.0, "three", [4, 5, 6])
      for _ in 0..<100 {
        run { worker in sums.pointer[worker] += one + Float(two) + Float(text.count) + Float(list[worker % 3]) }
      }
      #expect(Array(sums.all) == (0..<workers).map { 100 * (8 + Float(list[$0 % 3])) })
    }
  }

  @Test("Every worker has its turn, even where a team inside a team has one thread")
  func nested() throws {
    let runs = try FlatBuffer(count: 16)
    ThreadTeam(workers: 2).run { outer in
      ThreadTeam(workers: 3).run { inner in runs.pointer[outer * 8 + inner] += 1 }
    }
    for outer in 0..<2 { #expect(Array(runs[outer * 8..<outer * 8 + 3]) == [1, 1, 1]) }
  }
}
