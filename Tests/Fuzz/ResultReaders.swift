#if DEBUG || TESTABLE
  import Attribution
  import DataSets
  import Files
  import Foundation
  import HDF5

  @testable import Checkpoint
  @testable import ConvNet
  @testable import Images
  @testable import Results
  @testable import Visualize

  /// What result folders hold: descriptions, manifest lines and result files.
  func resultReaders() throws -> [FuzzReader] {
    let folder = try ResultFolder()
    return [folder.descriptionReader(), folder.fileReader()]
  }

  /// A folder of three results of each command that keeps maps or traces.
  private struct ResultFolder {
    private static let commands = [SaliencyJob.command, LocalisationJob.command, ClassModelJob.command]
    private static let side = 12
    private let net: TrainedNetwork
    private let rendering = SaliencyRendering(overlay: 0.5)

    init() throws {
      let store = try smallStore()
      net = TrainedNetwork(
        parameters: store, mean: [Float](repeating: 1, count: store.network.input.count), classes: ["n1", "n2", "n3", "n4"],
        classNames: ["one, uno", "two", "three", "four"], digest: "0123456789abcdef", fileName: "best.h5")
    }

    private func store(_ command: String) -> ResultStore {
      ResultStore(
        folder: "\(FuzzScratch.folder)/\(command)",
        header: ResultHeader(
          command: command,
          parameters: [
            "maps_kept": .flag(true), "cut_side": .number(16.0), "samples": .number(1.0), "box": .text("graphcut"),
            "crops": .number(1.0),
          ], net: net, compute: ComputeSettings()), layout: .ofAllJobs)
    }

    private var source: String { "\(FuzzScratch.folder)/source.png" }

    private func record(_ command: String, _ number: Int) -> ResultRecord<LocalisationFacts> {
      let box = BoundingBox(wnid: "n1", xmin: 1, ymin: 1, xmax: 5, ymax: 6)
      let top = [RankedClass(index: 0, score: 2, posterior: 0.5), RankedClass(index: 1, score: 1, posterior: 0.25)]
      var record = CommonFacts(
        item: number == 2 ? "c7/item\(number)" : "item\(number)", kind: command, classIndex: 0, score: 2, posterior: 0.5,
        top: top,
        net: net)
      (record.source, record.truth) = (source, "n1")
      var facts = LocalisationFacts()
      if command == LocalisationJob.command {
        facts.answers = [
          .init(box: box, score: 2, overlap: 0.5, note: nil), .init(box: box, score: 1, overlap: nil, note: "a note"),
        ]
        facts.truthBoxes = [box]
        (facts.width, facts.height) = (Self.side, Self.side)
      }
      return ResultRecord(record, facts)
    }

    /// Makes the folder of a command as its job does.
    private func make(_ command: String) throws -> ResultStore {
      let store = store(command)
      try? FileManager.default.removeItem(atPath: store.folder)
      let side = Self.side
      let picture = Picture(width: side, height: side) { pixels in
        for index in pixels.indices { pixels[index] = UInt8(index % 251) }
      }
      let map = (0..<(side * side)).map { Float($0) }
      try picture.writePNG(to: source)
      _ = try store.open(overwrite: false)
      let items = (0..<3).map { record(command, $0) }
      try store.begin(items: items.map(\.common.item), whole: [:], facts: LocalisationFacts.self)
      let writer = try ManifestWriter(store)
      for record in items {
        let dataSets: [ItemResult<LocalisationFacts>.DataSet] =
          switch command {
          case SaliencyJob.command: [.init(path: "/map", shape: [side, side], values: map)]
          case LocalisationJob.command: [.init(path: "/maps", shape: [2, side, side], values: map + map)]
          default: [.init(path: "/score_trace", shape: [side * side], values: map)]
          }
        let panels = command == LocalisationJob.command ? 4 : 2
        let saved = try store.save(
          ItemResult(
            record, dataSets: dataSets,
            attributes: ["picture_width": .number(Double(side)), "picture_height": .number(Double(side))],
            picture: Picture.grid([Picture](repeating: picture, count: panels), columns: panels, gap: Picture.gap).png))
        try writer.append(saved.line)
      }
      return store
    }

    private func readBack(_ store: ResultStore) throws {
      _ = try store.open(overwrite: false)
      let drawn = Result {
        try gallery(
          results: store.folder, GalleryOptions(rendering: store.header.command == ClassModelJob.command ? nil : rendering))
      }
      _ = try gallery(results: store.folder, GalleryOptions(contactSheet: true, tile: 20))
      _ = try drawn.get()
    }

    private static let descriptions = [
      ResultStore.parametersFile, FolderRendering.file, ResultStore.manifestFile, ResultStore.summaryFile,
    ]

    /// parameters.json, rendering.json, manifest.jsonl and summary.json of each command; the first byte says which.
    func descriptionReader() -> FuzzReader {
      let stores = OnFirstUse { try Self.commands.map(make) }
      return FuzzReader(
        name: "results",
        sources: [
          "Results/Manifest.swift", "Results/ResultRecord.swift", "Results/ResultHeader.swift",
          "Results/ResultStore.swift", "Results/ItemNames.swift", "Visualize/Jobs/FolderGallery.swift",
          "Gallery/GalleryHead.swift", "Gallery/GalleryItem.swift", "Gallery/GalleryListing.swift",
          "Gallery/GalleryFiles.swift", "Visualize/Drawing/Redrawing.swift",
          "Visualize/Drawing/SaliencyRendering.swift",
        ],
        seeds: {
          var seeds: [[UInt8]] = []
          for (place, store) in try stores.get().enumerated() {
            for (number, name) in Self.descriptions.enumerated() {
              guard let content = FileManager.default.contents(atPath: store.path(name)) else { continue }
              seeds.append([UInt8(place * Self.descriptions.count + number)] + content)
            }
          }
          return seeds
        },
        read: { bytes in
          guard let kind = bytes.first else { return }
          let stores = try stores.get()
          let store = stores[Int(kind) / Self.descriptions.count % stores.count]
          let path = store.path(Self.descriptions[Int(kind) % Self.descriptions.count])
          let whole = FileManager.default.contents(atPath: path)
          defer {
            if let whole { try? whole.write(to: URL(fileURLWithPath: path)) } else { unlink(path) }
          }
          try Data(bytes.dropFirst()).write(to: URL(fileURLWithPath: path))
          try readBack(store)
          if store.header.command == LocalisationJob.command { _ = try StoredMaps(folder: store.folder, net: net) }
        })
    }

    /// A result's HDF5 file; the first byte says of which command.
    func fileReader() -> FuzzReader {
      let stores = OnFirstUse { try Self.commands.map(make) }
      return FuzzReader(
        name: "result",
        sources: [
          "Results/ResultStore.swift", "Visualize/Drawing/Redrawing.swift", "Visualize/Localisation/StoredMaps.swift",
          "Gallery/GalleryFiles.swift", "HDF5/HDF5File+DataSets.swift",
        ],
        seeds: {
          try stores.get().enumerated().map { place, store in
            [UInt8(place)] + (try HDF5Outline(contentsOf: store.dataPath(of: "item0")).bytes)
          }
        },
        read: { bytes in
          guard let kind = bytes.first else { return }
          let stores = try stores.get()
          let store = stores[Int(kind) % stores.count]
          try HDF5Outline(UnsafeRawBufferPointer(rebasing: bytes.dropFirst())).write(to: store.dataPath(of: "item0"))
          _ = store.recover("item0")
          unlink(store.path(FolderRendering.file))
          let drawn = Result { try readBack(store) }
          if store.header.command == LocalisationJob.command {
            _ = try StoredMaps(folder: store.folder, net: net)
              .maps(of: PictureSource(path: FileName(source), name: "item0"), classes: net.classes)
          }
          try drawn.get()
        })
    }
  }
#endif
