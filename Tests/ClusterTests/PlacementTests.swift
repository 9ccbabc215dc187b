import Testing

@testable import Cluster

@Suite struct PlacementTests {
  private func rank(_ host: String, _ allowed: String, threads: Int) -> Placement {
    Placement(host: host, processors: 8, allowed: Placement.processorList(allowed), threads: threads)
  }

  @Test("Processor lists are read as the kernel writes them")
  func processors() {
    #expect(Placement.processorList("0-3,8") == [0, 1, 2, 3, 8])
    #expect(Placement.processorList("5") == [5])
    #expect(Placement.processorList("") == [])
  }

  @Test("Ranks that share too few processors are found, host by host")
  func problems() {
    #expect(Placement.problems(of: [rank("a", "0-7", threads: 4), rank("a", "0-7", threads: 4)]).isEmpty)
    #expect(Placement.problems(of: [rank("a", "0-3", threads: 4), rank("a", "4-7", threads: 4)]).isEmpty)
    #expect(Placement.problems(of: [rank("a", "0-7", threads: 8), rank("b", "0-7", threads: 8)]).isEmpty)
    let bound = Placement.problems(of: [rank("b", "0", threads: 8), rank("a", "0-7", threads: 8)])
    #expect(bound.map(\.text) == ["b: 8 threads on 1 processor (1 rank)"])
    #expect(bound[0].remedy.contains("--bind-to none"))
    let many = Placement.problems(of: [rank("a", "0-7", threads: 8), rank("a", "0-7", threads: 1)])
    #expect(many.map(\.text) == ["a: 9 threads on 8 processors (2 ranks)"])
    #expect(many[0].remedy.contains("fewer --ranks"))
  }
}
