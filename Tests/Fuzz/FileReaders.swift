#if DEBUG || TESTABLE
  import CHDF5
  import Files
  import Foundation
  import HDF5

  @testable import Checkpoint
  @testable import ConvNet
  @testable import Images
  @testable import DataLoader
  @testable import Trainer
  @testable import Visualize

  /// HDF5 files: checkpoints, results, packs, and any bytes at all.
  func fileReaders() throws -> [FuzzReader] {
    [bytesReader(), oldBytesReader(), checkpointReader(), packReader()]
  }

  /// The outline of a file that `write` makes.
  func outline(_ write: (String) throws -> Void) throws -> [UInt8] {
    let path = "\(FuzzScratch.folder)/seed.h5"
    try write(path)
    return try HDF5Outline(contentsOf: path).bytes
  }

  /// Writes the file of an outline, and gives its path.
  func outlined(_ bytes: UnsafeRawBufferPointer, _ name: String) throws -> String {
    let path = "\(FuzzScratch.folder)/\(name)"
    try HDF5Outline(bytes).write(to: path)
    return path
  }

  func smallStore() throws -> ParameterStore {
    let network = try Network(json: smallNetworkJSON)
    let store = try ParameterStore(network, training: false)
    for index in 0..<store.values.count { store.values.pointer[index] = Float(index) / 100 }
    store.valuesChanged()
    return store
  }

  func writeSmallCheckpoint(_ path: String) throws {
    let store = try smallStore()
    let contents = CheckpointContents(
      network: store.network,
      progress: TrainingProgress(step: 12, epoch: 3, sample: 9, learningRate: LearningRateState(rate: 0.1, bestError: 0.4)),
      options: #"{"seed":1,"note":"größer"}"#, mean: [1, 2, 3], meanShape: Shape(channels: 3, height: 1, width: 1),
      colourAxes: [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)], classes: ["n1", "n2", "n3", "n4"],
      classNames: ["tench, Tinca tinca", "Krabbe", "金魚", ""])
    try Checkpoint.write(contents, store: store, to: path)
  }

  /// The bytes of a file as they are: HDF5's own checksums refuse nearly all.
  private func bytesReader() -> FuzzReader {
    FuzzReader(
      name: "hdf5", sources: ["HDF5/HDF5File.swift", "HDF5/HDF5Error.swift"], longest: 32_768,
      seeds: {
        let path = "\(FuzzScratch.folder)/seed.h5"
        let file = try HDF5File.create(at: path)
        try file.write([1, 2, 3, 4] as [Float], shape: [2, 2], to: "/group/values")
        try file.setAttribute("format", to: "a text")
        try file.close()
        return [[UInt8](FileManager.default.contents(atPath: path) ?? Data())]
      },
      read: { bytes in _ = try Inspection.of(FuzzScratch.file("bytes.h5", bytes)) })
  }

  /// The same in HDF5's oldest form, which other programs write by default and which has no checksums.
  ///
  /// HDF5 1.10.8 itself crashes on some of them, as in H5G__node_sumup.
  private func oldBytesReader() -> FuzzReader {
    FuzzReader(
      name: "hdf5-old", sources: ["HDF5/HDF5File.swift", "HDF5/HDF5Error.swift"], onlyWhenNamed: true,
      seeds: {
        let path = "\(FuzzScratch.folder)/seed.h5"
        try writeOldFormat(path)
        return [[UInt8](FileManager.default.contents(atPath: path) ?? Data())]
      },
      read: { bytes in _ = try Inspection.of(FuzzScratch.file("bytes.h5", bytes)) })
  }

  private func writeOldFormat(_ path: String) throws {
    let file = H5Fcreate(path, hdf5_truncate(), hdf5_default(), hdf5_default())
    let group = H5Gcreate2(file, "/group", hdf5_default(), hdf5_default(), hdf5_default())
    let space = H5Screate_simple(2, [2, 3], nil)
    let type = hdf5_float32_little_endian()
    let dataSet = H5Dcreate2(group, "values", type, space, hdf5_default(), hdf5_default(), hdf5_default())
    H5Dwrite(
      dataSet, hdf5_native_float(), hdf5_whole_space(), hdf5_whole_space(), hdf5_default(), [Float](repeating: 1, count: 6))
    let attribute = H5Acreate2(dataSet, "unit", type, space, hdf5_default(), hdf5_default())
    H5Awrite(attribute, hdf5_native_float(), [Float](repeating: 2, count: 6))
    H5Aclose(attribute)
    for close in [(dataSet, H5Dclose), (space, H5Sclose), (group, H5Gclose), (file, H5Fclose)] { _ = close.1(close.0) }
  }

  private func checkpointReader() -> FuzzReader {
    FuzzReader(
      name: "checkpoint",
      sources: [
        "Checkpoint/Checkpoint+Read.swift", "Checkpoint/CheckpointContents.swift", "Checkpoint/Inspection.swift",
        "HDF5/HDF5File+DataSets.swift", "HDF5/HDF5File+Attributes.swift",
        "HDF5/HDF5File+Strings.swift", "Visualize/TrainedNetwork.swift",
      ],
      seeds: { [try outline(writeSmallCheckpoint)] },
      read: { bytes in
        let path = try outlined(bytes, "checkpoint.h5")
        let inspection = Result { try Inspection.of(path) }
        let checkpoint = try Checkpoint.read(path, training: true)
        _ = try TrainedNetwork(checkpoint, path: path)
        _ = try inspection.get()
      })
  }

  /// The index of a pack and of a shard; the first byte says which.
  private func packReader() -> FuzzReader {
    let folder = "\(FuzzScratch.folder)/pack"
    let settings = PackSettings(shorterSide: 16, pixels: .raw)
    let index = OnFirstUse {
      try makePack(pictures: "\(FuzzScratch.folder)/pictures", pack: folder, settings: settings)
      return try HDF5Outline(contentsOf: "\(folder)/pack.h5").bytes
    }
    return FuzzReader(
      name: "pack",
      sources: [
        "DataLoader/Pack/Pack.swift", "DataLoader/Pack/PackRows.swift", "DataLoader/Pack/ShardPart.swift",
        "DataLoader/Pack/PackSettings.swift",
        "DataLoader/Pack/PackSource.swift", "HDF5/HDF5File+Checksums.swift",
      ],
      seeds: {
        var part = ShardPart()
        part.rows.append(PackedPicture(bytes: [1, 2, 3], size: (1, 1), originalSize: (2, 2), crc: 7))
        return [
          [0] + (try index.get()), [1] + (try outline { try part.write(to: $0, settings: settings) }),
        ]
      },
      read: { bytes in
        guard let kind = bytes.first else { return }
        _ = try index.get()
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        if kind % 2 == 1 {
          _ = try ShardPart(contentsOf: outlined(rest, "part.h5"), count: 1, settings: settings)
          return
        }
        _ = try outlined(rest, "pack/pack.h5")
        let pack = try Pack(contentsOf: folder)
        _ = try pack.lists(classes: nil)
        _ = try pack.mean(crop: 8, shorterSide: min(12, pack.settings.shorterSide))
      })
  }

  /// A pack of two pictures to learn from and one to measure with.
  private func makePack(pictures: String, pack: String, settings: PackSettings) throws {
    for (number, name) in ["train/n1/a", "train/n2/b", "val/n1/c"].enumerated() {
      let path = "\(pictures)/\(name).png"
      try FileManager.default.createDirectory(atPath: FilePath.folder(of: path), withIntermediateDirectories: true)
      let picture = Picture(width: 20, height: 18) { pixels in
        for index in pixels.indices { pixels[index] = UInt8((index * (number + 3)) % 251) }
      }
      try picture.writePNG(to: path)
    }
    let set = try PictureSet(contentsOf: pictures)
    var settings = settings
    settings.describe(set, shardPictures: nil)
    let folder = PackFolder(pack)
    try FileManager.default.createDirectory(atPath: folder.parts, withIntermediateDirectories: true)
    let maker = ShardMaker(set: set, settings: settings, folder: folder, threads: 1)
    for shard in settings.shards { _ = try maker.make(shard) { _ in } }
    try PackAssembly(set: set, settings: settings, folder: folder, badFileLimit: 0).write()
  }
#endif
