import ConvNet
import TestSupport
import Testing

@testable import Attribution

@Suite struct ClassModelTests {
  private func mean(_ store: ParameterStore) -> [Float] { [Float](repeating: 120, count: store.network.input.count) }

  private func run(
    _ store: ParameterStore, _ options: ClassModelOptions, classes: [Int], batch: Int? = nil
  ) throws -> [ClassModel] {
    let ascent = try ClassModelAscent(store, mean: mean(store), options: options, batch: batch ?? classes.count)
    return try #require(try ascent.run(classes: classes))
  }

  @Test("For a linear score the paper's ascent ends at w / 2λ", arguments: [0, 2, 3])
  func linearOptimum(index: Int) throws {
    let store = try linearNet()
    let model = try run(store, .paper(), classes: [index])[0]
    let w = weights(of: index, in: store)
    #expect(abs(model.lambda / (0.0125 * rms(w)) - 1) < 1e-5)
    let optimum = w.map { $0 / (2 * model.lambda) }
    #expect(abs(rms(optimum) - 40) < 0.01)
    // Once there the picture swings about the optimum by one step, and the last step is 1/200 grey level.
    #expect(distance(model.image, optimum) < 0.011)
    #expect(model.warning == nil)
  }

  @Test("The trace is the score of every picture on the way, and of the last one") func trace() throws {
    let store = try linearNet()
    let options = ClassModelOptions.paper(iterations: 50)
    let model = try run(store, options, classes: [1])[0]
    #expect(model.scoreTrace.count == 51)
    #expect(model.scoreTrace.last == model.score)
    let bias = store.values[store.parameters[1].range][1]
    #expect(abs(model.scoreTrace[0] - bias) < 1e-6)
    // Up to there the picture is η₀ · w / RMS(w): the score has grown by η₀ · Σw² / RMS(w) = η₀ · N · RMS(w).
    let w = weights(of: 1, in: store)
    #expect(abs(model.scoreTrace[1] - bias - Float(w.count) * rms(w)) < 1e-3)
    #expect(model.topClasses[0].index == 1)
    #expect(model.topClasses.count == 4)
  }

  @Test("Scores a thousand times as large give the same picture") func scaleFree() throws {
    let (store, large) = (try smallNet(), try smallNet())
    for parameter in large.parameters where parameter.layer == "fc3" {
      for i in large.values[parameter.range].indices { large.values[parameter.range][i] *= 1000 }
    }
    let options = ClassModelOptions.paper(iterations: 30)
    let a = try run(store, options, classes: [2])[0].image
    let b = try run(large, options, classes: [2])[0].image
    #expect(distance(a, b) < 1e-3 * rms(a))
  }

  @Test(
    "A class's model is the same bits whatever classes share its batch, and in batches of any size",
    arguments: ClassModelOptions.Mode.allCases, Precision.allCases.filter { BackendChoice.auto.obstacle(to: $0) == nil })
  func independence(mode: ClassModelOptions.Mode, precision: Precision) throws {
    let store = try smallNet()
    let options = ClassModelOptions.defaults(mode, for: store.network, iterations: 40, seed: 5)
    func run(_ classes: [Int], batch: Int) throws -> [ClassModel] {
      let compute = ComputeSettings(precision: precision, convolution: .direct)
      let ascent = try ClassModelAscent(store, mean: mean(store), options: options, batch: batch, compute: compute)
      return try #require(try ascent.run(classes: classes))
    }
    let together = try run([4, 0, 1, 2, 3], batch: 5)
    #expect(together[3].classIndex == 2)
    #expect(try run([2], batch: 2)[0].image == together[3].image)
    #expect(try run([0, 2], batch: 8)[1].image == together[3].image)
    #expect(distance(together[1].image, together[3].image) > 0.1 * rms(together[3].image))
  }

  @Test("Samples of a class differ, and each is good") func samples() throws {
    let store = try smallNet()
    var options = ClassModelOptions.defaults(.regularised, for: store.network, iterations: 60)
    options.samples = 3
    let ascent = try ClassModelAscent(store, mean: mean(store), options: options, batch: 6)
    let models = try #require(try ascent.run([(.score(1), stream: 1), (.score(4), stream: 4)]))
    #expect(models.map(\.count) == [3, 3])
    for model in models.joined() { #expect(model.score > model.scoreTrace[0]) }
    #expect(distance(models[0][0].image, models[0][1].image) > 0.1 * rms(models[0][0].image))
  }

  @Test("The same seed gives the same picture, another another; the paper's mode needs none") func seeds() throws {
    let store = try smallNet()
    func image(_ seed: UInt64) throws -> [Float] {
      try run(store, .regularised(side: 64, iterations: 20, seed: seed), classes: [1])[0].image
    }
    #expect(try image(1) == image(1))
    #expect(try image(1) != image(2))
  }

  @Test("Regularised pictures can be shown: mean + I lies within 0 … 255, and the score rises") func displayable() throws {
    let store = try smallNet()
    let model = try run(store, .defaults(.regularised, for: store.network, iterations: 60), classes: [3])[0]
    for value in model.image { #expect((-120...135).contains(value)) }
    #expect(model.score > model.scoreTrace[0])
  }

  @Test("A gradient of exactly zero is said, and the picture stays the mean") func zeroGradient() throws {
    let store = try linearNet()
    store.values.fill(with: 0)
    store.valuesChanged()
    for mode in ClassModelOptions.Mode.allCases {
      let model = try run(store, .defaults(mode, for: store.network, iterations: 10), classes: [0])[0]
      #expect(model.image.allSatisfy { $0 == 0 })
      #expect(try #require(model.warning).contains("exactly zero in 10 of 10 iterations"))
    }
  }

  @Test("A net that isn't finite gives a warning and a finite picture") func divergedNet() throws {
    let store = try linearNet()
    store.values.all[3] = .nan
    store.valuesChanged()
    let model = try run(store, .paper(iterations: 5), classes: [0])[0]
    #expect(model.image.allSatisfy { $0.isFinite })
    #expect(try #require(model.warning).contains("not a finite number"))
  }

  @Test("Work that is to stop gives no models") func stop() throws {
    let store = try linearNet()
    let ascent = try ClassModelAscent(store, mean: mean(store), options: .paper(), batch: 1)
    var asked = 0
    let models = try ascent.run(classes: [0]) {
      asked += 1
      return asked == 7
    }
    #expect(models == nil)
    #expect(asked == 7)
  }
}
