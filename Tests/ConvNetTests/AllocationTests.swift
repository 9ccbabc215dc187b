import TestSupport
import Testing

@testable import ConvNet

/// What a step allocates, in a process of its own whose malloc counts.
@Suite(.serialized) struct AllocationTests {
  private static let cases: [(BackendChoice, Precision, Purpose)] = [
    (.openblas, .float32, .training), (.openblas, .float32, .inputGradient), (.openblas, .float32, .inference),
    (.onednn, .float32, .training), (.onednn, .float32, .inputGradient), (.onednn, .float32, .inference),
    (.onednn, .bfloat16, .training), (.onednn, .bfloat16, .inputGradient), (.onednn, .bfloat16, .inference),
  ].filter { $0.0.obstacle(to: $0.1) == nil }

  /// To run a primitive oneDNN gathers its arguments in a hash table that it makes for the call, and frees: 5 to 8 small blocks
  /// a primitive in version 2, up to 70 in 3.7 on the mean of a step's primitives, all of which are gone when it has ended.
  private static let mostInsideAPrimitive = 120

  @Test("A step allocates nothing outside oneDNN's primitives, and they keep nothing", arguments: cases.indices)
  func steps(index: Int) throws {
    let (backend, precision, purpose) = Self.cases[index]
    for workers in [1, 2] {
      // Threads that wait actively would starve beside the other tests'.
      let run = try runTool(
        "step-allocations", [backend.rawValue, precision.rawValue, purpose.rawValue, "\(workers)"],
        environment: ["OMP_WAIT_POLICY": "passive"], timeout: 240)
      try #require(run.exitCode == 0, "\(run)")
      let numbers = run.output.split { !$0.isNumber }.compactMap { Int($0) }
      try #require(numbers.count == 4, "\(run)")
      let (own, primitives, inside, freed) = (numbers[0], numbers[1], numbers[2], numbers[3])
      #expect(own == 0, "\(run)")
      #expect((primitives > 0) == (backend == .onednn), "\(run)")
      #expect(inside == freed && inside <= Self.mostInsideAPrimitive * primitives, "\(run)")
    }
  }
}
