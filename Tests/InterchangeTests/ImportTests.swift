import Checkpoint
import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Interchange

@Suite("Import")
struct ImportTests {
  private func words(_ folder: TemporaryFolder) throws -> String {
    try Data("n1 one\nn2 two, zwei\nn3 drei\nn4 fünf\n".utf8).write(to: URL(fileURLWithPath: folder.path("words.txt")))
    return folder.path("words.txt")
  }

  /// The scores of the pictures of Golden/weights.py, `[2, 4]`.
  private func scores(_ imported: ImportedCheckpoint) throws -> [Float] {
    let shape = imported.contents.network.input
    let plan = try Plan(imported.store, batch: 2, purpose: .inference, backend: .openblas, team: ThreadTeam(workers: 1))
    let images = try Tensor(count: 2, shape: shape)
    let mean = imported.contents.mean
    try #require(mean.count == shape.count)
    for (index, pixel) in examplePixels(2 * shape.count).enumerated() {
      images.values[index] = pixel - mean[index % shape.count]
    }
    return Array(plan.forward(images).values)
  }

  @Test(
    "weights of Caffe and of MatConvNet give the scores that OpenCV computes",
    arguments: ["older.caffemodel", "newer.caffemodel", "net.mat"])
  func formats(file: String) throws {
    let folder = try TemporaryFolder()
    let imported =
      file.hasSuffix(".mat")
      ? try importWeights(goldenPath(file))
      : try importWeights(goldenPath(file), mean: goldenPath("mean.binaryproto"), synsetWords: words(folder))
    let expected = try JSONDecoder().decode([Float].self, from: goldenFile("weights.json"))
    let own = try scores(imported)
    try #require(own.count == expected.count)
    for (a, b) in zip(own, expected) { #expect(abs(a - b) < 1e-4, "\(own) \(expected)") }

    imported.store.valuesChanged()
    try imported.write(to: folder.path("imported.h5"))
    let checkpoint = try Checkpoint.read(folder.path("imported.h5"))
    let contents = checkpoint.contents
    #expect(contents.classes == ["n1", "n2", "n3", "n4"] && contents.classNames == ["one", "two, zwei", "drei", "fünf"])
    #expect(contents.network.input == Shape(channels: 3, height: 21, width: 21) && contents.meanShape == contents.network.input)
    #expect(contents.options.contains(file))
    let norm = try #require(contents.network.layers.first { $0.name == "norm1" }?.layer)
    #expect(norm == .localResponseNormalization(LocalResponseNormalization(size: 5, k: 2, alpha: 0.1 / 5, beta: 0.75)))
  }

  @Test("the published chain is known as cnn-f, a changed one isn't")
  func paperNet() throws {
    let paper = try Preset.cnnF.network(classes: 1000)
    func changed(_ change: (Network.NamedLayer) -> Network.NamedLayer?) throws -> Network {
      try Network(name: "x", input: paper.input, layers: paper.layers.compactMap(change))
    }
    #expect(paper.isPaperNet)
    // As Caffe writes it: alpha is divided by the size.
    let rounded = LocalResponseNormalization(alpha: Float(5e-4) / 5)
    #expect(
      try changed {
        $0.name == "norm1" ? .init(name: "norm1", layer: .localResponseNormalization(rounded)) : $0
      }.isPaperNet)
    #expect(try changed { if case .dropout = $0.layer { nil } else { .init(name: "a_" + $0.name, layer: $0.layer) } }.isPaperNet)
    #expect(
      try !changed {
        $0.name == "norm1" ? .init(name: "norm1", layer: .localResponseNormalization(.init(alpha: 5e-4))) : $0
      }.isPaperNet)
  }

  @Test("without the size of the input a net of one possible size is understood, one of several asks for it")
  func inputSide() throws {
    let convolution = ImportedLayer(
      name: "c", layer: .convolution(.init(filters: 2, kernel: 3)), weights: [Float](repeating: 1, count: 54), biases: [1, 2])
    func full(_ side: Int) -> ImportedLayer {
      ImportedLayer(
        name: "f", layer: .fullyConnected(.init(outputs: 2)), weights: [Float](repeating: 0, count: 2 * 2 * side * side),
        biases: [0, 0])
    }
    let certain = ImportedNetwork(name: "x", layers: [convolution, full(10)])
    #expect(try certain.network(path: "x", side: nil).input.width == 12)
    let pooling = ImportedLayer(name: "p", layer: .maxPooling(.init(window: 2, stride: 2)))
    let open = ImportedNetwork(name: "x", layers: [convolution, pooling, full(10)])
    let error = #expect(throws: InterchangeError.self) { try open.network(path: "x", side: nil) }
    #expect(error?.description.contains("--crop") == true, "\(String(describing: error))")
    #expect(try open.network(path: "x", side: 21).input.width == 21)
    #expect(throws: InterchangeError.self) { try open.network(path: "x", side: 40) }
  }

  @Test("what can't be used is an error that names the file and says why")
  func errors() throws {
    let folder = try TemporaryFolder()
    let words = try words(folder)
    let whole = try goldenFile("older.caffemodel")
    func write(_ name: String, _ data: Data) throws -> String {
      try data.write(to: URL(fileURLWithPath: folder.path(name)))
      return folder.path(name)
    }
    func patched(_ from: String, _ to: String) throws -> Data {
      var data = whole
      data.replaceSubrange(try #require(data.range(of: Data(from.utf8))), with: Data(to.utf8))
      return data
    }
    // Type 17, pooling, becomes 35, absolute value; pool1 takes what no layer makes.
    let odd = try patched("pool1(\u{11}", "pool1(\u{23}")
    let branch = try patched("\u{12}\u{5}norm1", "\u{12}\u{5}conv9")
    let mat = try goldenFile("net.mat")
    let cases: [(file: String, word: String)] = [
      (folder.path("none.caffemodel"), "missing"),
      (try write("cut.caffemodel", whole.prefix(whole.count - 100)), "truncated"),
      (try write("text.caffemodel", Data("name: \"a prototxt\"".utf8)), "a text"),
      (try write("empty.caffemodel", Data()), "empty file"),
      (try write("odd.caffemodel", odd), "35"), (try write("branch.caffemodel", branch), "chains"),
      (try write("cut.mat", mat.prefix(mat.count - 200)), "truncated"),
      (try write("hdf5.mat", Data("MATLAB 7.3 MAT-file".utf8) + mat.dropFirst(19)), "-v7"),
    ]
    for (file, word) in cases {
      let error = #expect(throws: InterchangeError.self, "\(file)") {
        try importWeights(file, mean: goldenPath("mean.binaryproto"), synsetWords: words)
      }
      #expect(
        error?.description.contains(word) == true && error?.description.contains(file) == true, "\(String(describing: error))")
    }
    let nameless = #expect(throws: InterchangeError.self) { try importWeights(goldenPath("older.caffemodel")) }
    #expect(nameless?.kind == .wrongUse && nameless?.description.contains("--synset-words") == true)
    let notMean = #expect(throws: InterchangeError.self) {
      try importWeights(goldenPath("older.caffemodel"), mean: goldenPath("older.caffemodel"), synsetWords: words)
    }
    #expect(notMean != nil)
  }
}
