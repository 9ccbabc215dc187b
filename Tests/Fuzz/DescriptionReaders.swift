#if DEBUG || TESTABLE
  import Foundation

  @testable import Checkpoint
  @testable import ConvNet
  @testable import Files
  @testable import FolderLocks
  @testable import DataLoader
  @testable import Report
  @testable import Trainer

  /// JSON that describes networks, runs and packs.
  func descriptionReaders() throws -> [FuzzReader] {
    [networkReader(), runReader(), metricsReader()]
  }

  private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

  let smallNetworkJSON = """
    {"name": "small", "input": [3, 12, 12], "layers": [
      {"name": "conv1", "type": "convolution", "filters": 5, "kernel": 3, "stride": 2, "padding": 0},
      {"name": "relu1", "type": "relu"}, {"name": "pool1", "type": "maxPooling", "window": 3, "stride": 2},
      {"name": "norm1", "type": "localResponseNormalization", "size": 5, "k": 2, "alpha": 0.0005, "beta": 0.75},
      {"name": "drop1", "type": "dropout", "probability": 0.5},
      {"name": "fc2", "type": "fullyConnected", "outputs": 4}
    ]}
    """

  /// A description, and one picture through the network where that is small.
  private func networkReader() -> FuzzReader {
    let team = ThreadTeam(workers: 1)
    return FuzzReader(
      name: "network",
      sources: [
        "ConvNet/Network.swift", "ConvNet/Layers/Layer.swift", "ConvNet/Layers/Convolution.swift",
        "ConvNet/Layers/MaxPooling.swift",
        "ConvNet/Layers/FullyConnected.swift", "ConvNet/Layers/LocalResponseNormalization.swift", "ConvNet/Layers/Dropout.swift",
        "ConvNet/Shape.swift",
      ],
      seeds: { try [Array(smallNetworkJSON.utf8)] + Preset.allCases.map { Array(try $0.network(classes: 10).json().utf8) } },
      read: { bytes in
        let network = try Network(json: text(bytes))
        _ = try Network(json: network.json())
        let isSmall = network.shapes.allSatisfy { $0.count < 10_000 } && network.parameterCount < 100_000
        guard isSmall, network.multiplyAdds < 1_000_000 else { return }
        let store = try ParameterStore(network, training: false)
        store.values.fill(with: 0.01)
        store.valuesChanged()
        let plan = try Plan(store, batch: 1, purpose: .inference, backend: .openblas, team: team)
        _ = plan.forward(try Tensor(count: 1, shape: network.input))
      })
  }

  /// Progress, options, a pack's settings, run.json and a folder's lock; the first byte says which.
  private func runReader() -> FuzzReader {
    let progress = TrainingProgress(
      step: 12_000, epoch: 3, sample: 5, learningRate: LearningRateState(rate: 0.1, bestError: 0.4, epochsSinceBest: 2))
    return FuzzReader(
      name: "options",
      sources: [
        "Checkpoint/TrainingProgress.swift", "Trainer/Recipe/TrainingOptions.swift", "DataLoader/Pack/PackSettings.swift",
        "Report/RunReport.swift", "FolderLocks/LockFile.swift", "FolderLocks/FolderOwner.swift",
      ],
      seeds: {
        try [
          [0] + Array(progress.json().utf8), [1] + Array(TrainingOptions().json().utf8),
          [2] + Array(PackSettings(shorterSide: 16, pixels: .raw).json().utf8),
          [4] + Array(JSONEncoder().encode(FolderOwner(command: "train"))),
          [3] + Array("{\"classes\": 3, \"trainPictures\": 10, \"options\": \(TrainingOptions().json())}".utf8),
        ]
      },
      read: { bytes in
        guard let kind = bytes.first else { return }
        let content = bytes.dropFirst()
        switch kind % 5 {
        case 0: _ = try TrainingProgress(json: text(content)).json()
        case 1: _ = try TrainingOptions(json: text(content)).json()
        case 2:
          let settings = try PackSettings(json: text(content), path: "the input")
          // As many shards as it says: a pack compares that number with the length of its index first.
          if (settings.pictures.values.allSatisfy { $0 < 100_000 }) { _ = settings.shards.count }
        case 3: _ = try RunFacts(FuzzScratch.file("run.json", content)).totalSteps
        default: _ = LockFile.read(FuzzScratch.file("lock", content)).map { "\($0)" }
        }
      })
  }

  /// metrics.jsonl, and the page that is made of it.
  private func metricsReader() -> FuzzReader {
    let folder = "\(FuzzScratch.folder)/run"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    _ = FuzzScratch.file(
      "run/run.json", Array("{\"classes\": 3, \"trainPictures\": 10, \"options\": {\"batch\": 2, \"epochs\": 9}}".utf8))
    let lines = """
      {"kind":"step","step":1,"epoch":0.5,"loss":1.25,"learningRate":0.01,"imagesPerSecond":100,"dataWaitSeconds":0,"reductionWaitSeconds":0}
      {"kind":"warning","step":1,"text":"a word"}
      {"kind":"epoch","epoch":1,"step":2,"trainLoss":1,"valTop1Error":0.5,"valTop5Error":0.1,"valLoss":2,"learningRate":0.01,"seconds":3}
      {"kind":"checkpoint","step":2,"isBest":true,"waitSeconds":0,"writeSeconds":1}

      """
    return FuzzReader(
      name: "metrics",
      sources: [
        "Report/RunHistory.swift", "Report/ThinnedSteps.swift", "Report/MetricsLine.swift",
        "Report/ReportPage.swift", "Report/ReportPage+Tables.swift", "Pages/LineChart.swift",
        "Trainer/Loop/Metrics.swift",
      ],
      seeds: { [Array(lines.utf8), Array(lines.replacing("100", with: "1e300").utf8)] },
      read: { bytes in
        let path = FuzzScratch.file("run/metrics.jsonl", bytes)
        _ = try report(run: RunFolder(folder))
        _ = try MetricsLog(path: path, resumingAt: 1)
      })
  }
#endif
