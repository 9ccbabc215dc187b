// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// Whether a file is in one of the folders that these variables list, or in one of the system's.
func isThere(_ file: String, _ variables: [String], _ folders: [String]) -> Bool {
  let given = variables.flatMap { (Context.environment[$0] ?? "").split(separator: ":").map(String.init) }
  return (given + folders).contains { FileManager.default.fileExists(atPath: "\($0)/\(file)") }
}

// What is there decides what is built. The manifest is cached: after libraries were installed or removed,
// swift build --manifest-cache none, as launch.sh does.
// oneDNN is the one library that may be absent. It has no pkg-config file: its header is looked for where the compiler does.
let hasOneDNN =
  Context.environment["DEEPINSIDE_WITHOUT_ONEDNN"] == nil
  && isThere("oneapi/dnnl/dnnl.h", ["CPATH", "C_INCLUDE_PATH"], ["/usr/include", "/usr/local/include"])

// Debian and its relatives have several builds of HDF5, and other names for the serial one.
let pkgConfigFolders = ["lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64", "lib", "share"].map { "/usr/\($0)/pkgconfig" }
let hasSerialHDF5 = isThere("hdf5-serial.pc", ["PKG_CONFIG_PATH"], pkgConfigFolders)

let commit = Context.environment["DEEPINSIDE_COMMIT"] ?? ""

let package = Package(
  name: "deepinside",
  // Besides the programs, the modules that are of use in programs of one's own: docs/library.md.
  products: ["deepinside", "deepinside-launch"].map { .executable(name: $0, targets: [$0]) }
    + [
      "Files", "HDF5", "Images", "ConvNet", "Learning", "Data", "DataSets", "Checkpoint", "Attribution", "Segmentation",
      "Cluster",
    ].map {
      .library(name: $0, targets: [$0])
    },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: (hasOneDNN ? [.target(name: "COneDNN")] : []) + [
    // C libraries from Debian: a module map and a shim.h each.
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: hasSerialHDF5 ? "hdf5-serial" : "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // Signals as Swift can't reach them; the same blocked before any library starts a thread.
    .systemLibrary(name: "CSignals"),
    .target(name: "EarlySignals"),
    // The version, and the commit where the build was told it.
    .target(name: "BuildInfo", cSettings: commit.isEmpty ? [] : [.define("DEEPINSIDE_COMMIT", to: "\"\(commit)\"")]),

    // Element-wise and reduction loops in C, one clone an instruction set, and the thread team.
    .target(name: "Kernels", linkerSettings: [.linkedLibrary("gomp"), .linkedLibrary("m")]),

    // Checked arithmetic on sizes, and the memory that there is.
    .target(name: "Sizes"),
    .target(name: "Files", dependencies: ["CCrypto", "CZlib", "Threads"]),
    // One job at a time in a folder, on network file systems too.
    .target(name: "FolderLocks", dependencies: ["Files", "Threads"]),
    // Threads with names, and work that is shared among threads.
    .target(name: "Threads"),
    // Random numbers as a function of what they are for: Philox.
    .target(name: "Random"),
    .target(
      name: "HDF5", dependencies: ["CHDF5", "Files", "Sizes"],
      linkerSettings: [.linkedLibrary(hasSerialHDF5 ? "hdf5_serial" : "hdf5")]),
    .target(
      name: "ConvNet", dependencies: ["COpenBLAS", "Kernels", "Random", "Sizes"] + (hasOneDNN ? ["COneDNN"] : []),
      exclude: [hasOneDNN ? "WithoutOneDNN" : "OneDNN"]),
    // How weights start and how gradients become updates.
    .target(name: "Learning", dependencies: ["ConvNet", "Kernels"]),
    .target(name: "Images", dependencies: ["Files", "CPNG", "CTurboJPEG", "Kernels"]),
    // How a picture becomes a network's input.
    .target(name: "Data", dependencies: ["Files", "Images", "Kernels"]),
    // Pages of HTML, their styles and scripts, charts: files of their own, which become part of the program.
    .target(
      name: "Pages",
      resources: ["gallery.css", "gallery-shared.js", "gallery-page.js", "gallery-index.js", "report.css"].map {
        .embedInCode("Resources/\($0)")
      }),
    .target(name: "Segmentation", dependencies: ["Images", "Random"]),
    // Saliency methods, class models, reconstructions, measures of maps: no ranks, no files.
    .target(name: "Attribution", dependencies: ["ConvNet", "Images", "Files", "Kernels", "Random"]),
    // The folder is Distributed; the module can't be: that name is the toolchain's own.
    .target(name: "Cluster", dependencies: ["CMPI", "CSignals", "Files", "Kernels", "Threads"], path: "Sources/Distributed"),
    .target(name: "Checkpoint", dependencies: ["Files", "ConvNet", "Data", "HDF5", "Sizes", "Threads"]),
    // Other programs' formats: event files of TensorBoard, ONNX, safetensors, Caffe's and MatConvNet's weights.
    .target(name: "Interchange", dependencies: ["Files", "ConvNet", "Images", "Checkpoint", "Sizes"]),
    .target(name: "DataSets", dependencies: ["Files", "Images", "Interchange", "Random", "Threads"]),
    // Files of answers, boxes.csv and the challenge's, and the errors of their answers.
    .target(name: "Answers", dependencies: ["Files", "Images", "DataSets"]),
    // Pictures on their way into training: sets of files or packs, their order, augmentation, batches.
    .target(
      name: "DataLoader",
      dependencies: ["Files", "Images", "Data", "DataSets", "ConvNet", "Cluster", "HDF5", "Checkpoint", "Random", "Threads"]),
    // The model of a step on many nodes: what auto chooses by, doctor predicts and simulate draws.
    .target(name: "Performance", dependencies: ["ConvNet", "Cluster", "Pages"]),
    // A run on one page: curves, filters, errors by class.
    .target(name: "Report", dependencies: ["Files", "ConvNet", "Images", "Cluster", "HDF5", "Checkpoint", "Pages"]),
    .target(
      name: "Trainer",
      dependencies: [
        "BuildInfo", "Files", "ConvNet", "Learning", "Images", "Data", "DataSets", "DataLoader", "Cluster", "HDF5", "Checkpoint",
        "Interchange", "Pages", "Report", "Performance", "Random",
      ]),
    // Folders of results: the store, the manifest, resumption, the fan-out over ranks. Knows no job.
    .target(name: "Results", dependencies: ["Files", "Cluster", "HDF5", "Threads"]),
    // The pages of a result folder: knows no job.
    .target(name: "Gallery", dependencies: ["Files", "HDF5", "Images", "Pages", "Results", "Sizes"]),
    .target(
      name: "Visualize",
      dependencies: [
        "Answers", "Files", "Sizes", "Gallery", "Results", "ConvNet", "Images", "Data", "DataSets", "Cluster", "HDF5",
        "Checkpoint",
        "Attribution", "Segmentation", "Pages", "Random",
      ]),
    .executableTarget(
      name: "deepinside",
      dependencies: [
        "Answers", "Trainer", "Visualize", "Results", "Attribution", "Segmentation", "Performance", "Interchange", "HDF5",
        "FolderLocks",
        "Report", "BuildInfo", "EarlySignals",
        "Random", "Sizes",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Where ranks go, their command lines, requests to stop, restarts; and the small program that does it, behind launch.sh. No library
    // of C but the C library itself: the nodes where people log in often have no other.
    .target(name: "Launching"),
    .executableTarget(name: "deepinside-launch", dependencies: ["Launching"]),

    // Checks that need several ranks: the tests start this under mpirun.
    .executableTarget(
      name: "rank-checks", dependencies: ["Trainer", "Visualize", "Results", "Attribution", "Segmentation", "EarlySignals"],
      path: "Tests/RankChecks"),
    // Steps of a plan under a malloc that counts, which must be a process's own.
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .executableTarget(
      name: "step-allocations", dependencies: ["ConvNet", "Learning", "AllocationCounter"], path: "Tests/StepAllocations"),
    // Programs of one's own, as docs/library.md shows them: they see what is public, as another package does.
    .executableTarget(
      name: "train-a-net", dependencies: ["ConvNet", "Learning", "Data", "DataSets"], path: "Tests/Snippets/TrainANet",
      packageAccess: false),
    .executableTarget(
      name: "draw-a-class", dependencies: ["Attribution", "Checkpoint", "Images"], path: "Tests/Snippets/DrawAClass",
      packageAccess: false),
    .executableTarget(
      name: "own-method", dependencies: ["Attribution", "Checkpoint", "ConvNet", "Data", "Files", "Images"],
      path: "Tests/Snippets/OwnMethod", packageAccess: false),
    .executableTarget(
      name: "map-of-a-picture", dependencies: ["Attribution", "Checkpoint", "ConvNet", "Data", "Files", "Images"],
      path: "Tests/Snippets/MapOfAPicture", packageAccess: false),
    // Readers of foreign bytes, fuzzed: ./launch.sh test --fuzz.
    .executableTarget(
      name: "reader-fuzz",
      dependencies: [
        "Answers", "Trainer", "Report", "Visualize", "Results", "Attribution", "HDF5", "FolderLocks", "TestSupport",
      ],
      path: "Tests/Fuzz",
      exclude: ["Corpus", "run.sh"]),
    .target(name: "TestSupport", dependencies: ["ConvNet"], path: "Tests/TestSupport"),
    .testTarget(name: "ThreadsTests", dependencies: ["Threads"]),
    .testTarget(name: "RandomTests", dependencies: ["Random"]),
    .testTarget(name: "SizesTests", dependencies: ["Sizes", "TestSupport"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"]),
    .testTarget(
      name: "ConvNetTests", dependencies: ["ConvNet", "Learning", "TestSupport", "step-allocations"], resources: [.copy("Golden")]
    ),
    .testTarget(name: "LearningTests", dependencies: ["ConvNet", "Learning", "TestSupport"], resources: [.copy("Golden")]),
    .testTarget(name: "ImagesTests", dependencies: ["Images", "TestSupport"], resources: [.copy("Golden")]),
    .testTarget(name: "FolderLocksTests", dependencies: ["FolderLocks", "TestSupport"]),
    .testTarget(name: "DataLoaderTests", dependencies: ["DataLoader", "TestSupport"]),
    .testTarget(name: "DataTests", dependencies: ["Data", "TestSupport"]),
    .testTarget(
      name: "AttributionTests", dependencies: ["Attribution", "ConvNet", "Images", "TestSupport"], resources: [.copy("Golden")]),
    .testTarget(name: "PerformanceTests", dependencies: ["Performance", "Cluster", "ConvNet"]),
    .testTarget(name: "PagesTests", dependencies: ["Pages"]),
    .testTarget(name: "SegmentationTests", dependencies: ["Segmentation", "Images", "ConvNet"], resources: [.copy("Golden")]),
    .testTarget(name: "DataSetsTests", dependencies: ["DataSets", "TestSupport"]),
    .testTarget(name: "AnswersTests", dependencies: ["Answers", "Random", "TestSupport"]),
    .testTarget(name: "LaunchingTests", dependencies: ["Launching", "TestSupport"]),
    .testTarget(
      name: "ClusterTests",
      dependencies: ["Cluster", "Files", "Kernels", "Launching", "TestSupport", "rank-checks", "deepinside-launch"]),
    .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "TestSupport"]),
    .testTarget(name: "CheckpointTests", dependencies: ["Checkpoint", "HDF5", "Files", "TestSupport"]),
    .testTarget(
      name: "InterchangeTests", dependencies: ["Interchange", "TestSupport"], resources: [.copy("Golden")]),
    .testTarget(name: "TrainerTests", dependencies: ["Trainer", "Report", "TestSupport", "rank-checks"]),
    .testTarget(name: "ResultsTests", dependencies: ["Results", "Files", "HDF5", "TestSupport"]),
    .testTarget(
      name: "VisualizeTests",
      dependencies: ["Answers", "Visualize", "Results", "Attribution", "Segmentation", "HDF5", "TestSupport", "rank-checks"]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "deepinside", "train-a-net", "draw-a-class", "own-method", "map-of-a-picture", "Checkpoint", "HDF5", "ConvNet", "Data",
        "Images", "TestSupport", "Trainer", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// CI takes no warning of ours: .ci/run.
if Context.environment["DEEPINSIDE_WARNINGS"] == "errors" {
  for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)]
  }
}
