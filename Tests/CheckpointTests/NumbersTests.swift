import CHDF5
import ConvNet
import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoint

/// Numbers in files that can't be meant, and the message that refuses each.
@Suite struct NumbersTests {
  let scratch: TemporaryFolder
  let example: Example

  init() throws {
    scratch = try TemporaryFolder()
    example = try Example()
  }

  static let spoiltProgress: [(change: @Sendable (inout TrainingProgress) -> Void, words: String)] = [
    ({ $0.step = -1 }, "step -1"), ({ $0.step = .max }, "step 9223372036854775807"), ({ $0.epoch = .min }, "epoch"),
    ({ $0.sample = -5 }, "sample -5"), ({ $0.epochLossCount = -1 }, "epochLossCount -1"),
    ({ $0.learningRate.rate = .nan }, "learning rate of nan"), ({ $0.learningRate.rate = .infinity }, "learning rate of inf"),
    ({ $0.learningRate.rate = -0.1 }, "learning rate of -0.1"), ({ $0.learningRate.reductions = 1 << 60 }, "reductions"),
    ({ $0.learningRate.epochsSinceBest = -2 }, "epochsSinceBest -2"),
  ]

  @Test("A progress that no training has is refused by its number", arguments: spoiltProgress.indices)
  func progress(row: Int) throws {
    var contents = example.contents
    Self.spoiltProgress[row].change(&contents.progress)
    let path = scratch.path("x.h5")
    try Checkpoint.write(contents, store: example.store, to: path)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(path) }
    #expect(
      error?.kind == .damaged && error?.description.contains(Self.spoiltProgress[row].words) == true,
      "\(error?.description ?? "")")
  }

  @Test(
    "Values that are no finite numbers are refused", arguments: [Float.nan, .infinity], ["conv1/weights", "fc2/biases", "mean"])
  func notFinite(value: Float, place: String) throws {
    var contents = example.contents
    if place == "mean" {
      contents.mean[3] = value
    } else {
      let parameter = try #require(example.store.parameters.first { $0.name == place })
      example.store.values[parameter.range][0] = value
    }
    let path = scratch.path("x.h5")
    try Checkpoint.write(contents, store: example.store, to: path)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(path) }
    #expect(error?.kind == .notFinite && error?.description.contains(place) == true, "\(error?.description ?? "")")
    let inspection = try Inspection.of(path)
    #expect(!inspection.isWhole && inspection.text.contains("no finite numbers"))
  }

  @Test("Colour axes and means that no pictures have are refused", arguments: [Float.nan, -Float.infinity, 1e30])
  func colours(value: Float) throws {
    let path = scratch.path("x.h5")
    var contents = example.contents
    contents.colourAxes = [SIMD3(1, 2, 3), SIMD3(0, value, 0), SIMD3(0, 0, 1)]
    try Checkpoint.write(contents, store: example.store, to: path)
    var error = #expect(throws: CheckpointError.self) { try Checkpoint.read(path) }
    #expect(error?.description.contains("axes of the colours have the value \(value)") == true, "\(error?.description ?? "")")
    contents = example.contents
    contents.mean[0] = value
    try Checkpoint.write(contents, store: example.store, to: path)
    error = #expect(throws: CheckpointError.self) { try Checkpoint.read(path) }
    #expect(error?.description.contains("mean picture has the value \(value)") == true, "\(error?.description ?? "")")
  }

  /// Makes a data set in chunks of 16 values, compressed or not, of which only one chunk is stored.
  private func sparse(_ path: String, _ name: String, _ shape: [hsize_t], packed: Bool) throws {
    let file = H5Fcreate(path, hdf5_truncate(), hdf5_default(), hdf5_default())
    let space = H5Screate_simple(Int32(shape.count), shape, nil)
    let creation = H5Pcreate(hdf5_data_set_creation_class())
    H5Pset_chunk(creation, Int32(shape.count), shape.map { min($0, 16) })
    if packed { H5Pset_deflate(creation, 9) }
    let set = H5Dcreate2(file, name, hdf5_float32_little_endian(), space, hdf5_default(), creation, hdf5_default())
    let one = H5Screate_simple(Int32(shape.count), shape.map { _ in 1 }, nil)
    H5Sselect_hyperslab(space, H5S_SELECT_SET, shape.map { _ in 0 }, nil, shape.map { _ in 1 }, nil)
    var value: Float = 1
    let written = H5Dwrite(set, hdf5_native_float(), one, space, hdf5_default(), &value)
    H5Sclose(one)
    H5Dclose(set)
    H5Pclose(creation)
    H5Sclose(space)
    H5Fclose(file)
    try #require(written >= 0)
  }

  @Test(
    "A data set that declares more than is stored is refused before there is memory for it",
    arguments: [[40_000, 40_000], [3, 1 << 20, 1 << 20], [1 << 40]] as [[hsize_t]], [false, true])
  func sparseFiles(shape: [hsize_t], packed: Bool) throws {
    let path = scratch.path("sparse.h5")
    try sparse(path, "/maps", shape, packed: packed)
    let file = try HDF5File.open(at: path)
    let error = #expect(throws: HDF5Error.self) { try file.readFloats("/maps") }
    #expect(error?.kind == .truncated && error?.reason.contains("are stored in the file") == true, "\(error?.description ?? "")")
    #expect(try !Inspection.of(path).isWhole)
  }

  @Test("A packed data set of zeros is read: it may be a thousand times smaller") func packed() throws {
    let path = scratch.path("zeros.h5")
    try sparse(path, "/few", [16], packed: true)
    #expect(try HDF5File.open(at: path).readFloats("/few").values == [1] + [Float](repeating: 0, count: 15))
  }

  @Test("Of other programs' files nothing is called whole", arguments: ["foreign", "empty", "keras", "signed"])
  func foreign(kind: String) throws {
    let path = scratch.path("x.h5")
    try HDF5File.write(to: path) { file throws(HDF5Error) in
      switch kind {
      case "foreign": try file.write([Float](arrayLiteral: 1, 2, 3), shape: [3], to: "/layer/kernel")
      case "keras":
        try file.setAttribute("keras_version", to: "2.4")
        try file.write([Float](arrayLiteral: 1, 2, 3), shape: [3], to: "/model_weights/kernel")
      case "signed":
        try file.write([Float](arrayLiteral: 1, 2, 3), shape: [3], to: "/plain")
        try file.writeSigned([Float](arrayLiteral: 1, 2, 3), shape: [3], to: "/signed")
      default: break
      }
    }
    let inspection = try Inspection.of(path)
    #expect(!inspection.isWhole && !inspection.text.contains("is whole") && inspection.text.contains("can be verified"))
    if kind == "keras" { #expect(inspection.text.contains("Keras")) }
    if kind == "signed" { #expect(inspection.text.contains("only 1 of 2")) }
  }

  @Test(
    "A file that is no HDF5 file says what it is",
    arguments: [("version https://git-lfs.github.com/spec/v1\n", "Git LFS"), ("<html>", "HTML")])
  func otherKinds(content: String, words: String) throws {
    try scratch.write(Data(content.utf8), to: "x.h5")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(scratch.path("x.h5")) }
    #expect(error?.kind == .otherFormat && error?.description.contains(words) == true, "\(error?.description ?? "")")
  }
}
