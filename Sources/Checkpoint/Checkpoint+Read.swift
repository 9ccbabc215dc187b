import ConvNet
import Data
import Files
import HDF5
import Sizes

extension Checkpoint {
  /// Reads a checkpoint and verifies all of its checksums. A storage that is away is waited for; see `StoragePatience`.
  ///
  /// - Parameter training: true to read what the training keeps too (the velocity is zero if the file has none); without it no
  ///   memory for gradients is allocated either.
  /// - Throws: `CheckpointError`, which says what is wrong with the file and which other checkpoint to resume from, if there is
  ///   one.
  public static func read(_ path: String, training: Bool = false) throws(CheckpointError) -> Checkpoint {
    try patiently(path) { () throws(CheckpointError) in try readOnce(path, training: training) }
  }

  /// Repeats a read that the storage has interrupted.
  private static func patiently<Value>(
    _ path: String, _ attempt: () throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    try StoragePatience.read(
      path, code: { $0.code },
      givingUp: { CheckpointError($0.kind == .stopped ? .stopped : .storage, "read", path, $0.description) },
      attempt)
  }

  private static func readOnce(_ path: String, training: Bool) throws(CheckpointError) -> Checkpoint {
    let reader = try CheckpointReader(path)
    let header = try reader.header()
    // All shapes are compared before memory is allocated for them: a description may state any size.
    try reader.checkShapes(header.contents.network, state: training ? header.state : [])
    let store: ParameterStore
    do {
      store = try ParameterStore(header.contents.network, training: training, keeping: header.state.union([.velocity]))
    } catch {
      throw CheckpointError(.noMemory, "read", path, "\(error)")
    }
    for parameter in store.parameters {
      let values = store.state[.averages] ?? store.values
      try reader.read(Layout.values(parameter.name), parameter.spec.shape, into: values[parameter.range])
      for (kind, kept) in store.state where header.state.contains(kind) {
        let buffer = kind == .averages ? store.values : kept
        try reader.read(Layout.state(kind, parameter.name), parameter.spec.shape, into: buffer[parameter.range])
      }
    }
    store.valuesChanged()
    if let parameter = store.firstNonFinite {
      throw .reading(.notFinite, path, "\(parameter.name) has values that are no finite numbers")
    }
    return Checkpoint(contents: header.contents, store: store, digest: header.digest)
  }

  /// Reads everything but the parameters.
  /// - Throws: `CheckpointError`, like `read`.
  public static func readHeader(_ path: String) throws(CheckpointError) -> CheckpointHeader {
    try patiently(path) { () throws(CheckpointError) in try CheckpointReader(path).header() }
  }
}

/// An open checkpoint, whose errors are `CheckpointError`s.
struct CheckpointReader: ~Copyable {
  typealias Layout = Checkpoint.Layout

  let path: String
  private let file: HDF5File

  init(_ path: String) throws(CheckpointError) {
    self.path = path
    do { file = try HDF5File.open(at: path) } catch { throw CheckpointError(reading: error, from: path) }
  }

  /// Everything in the file but the parameters.
  func header() throws(CheckpointError) -> CheckpointHeader {
    let attributes = try self.attributes()
    let network: Network
    do {
      network = try Network(json: attributes.network)
    } catch {
      throw .reading(.damaged, path, "its \(error)")
    }
    let progress: TrainingProgress
    do {
      progress = try TrainingProgress(json: attributes.progress)
    } catch {
      throw .reading(.damaged, path, "its progress is not the JSON that was expected: \(attributes.progress)")
    }
    if let problem = progress.problem { throw .reading(.damaged, path, problem) }
    let (mean, shape) = try mean(network)
    let contents = CheckpointContents(
      network: network, progress: progress, options: attributes.options, mean: mean, meanShape: shape,
      colourAxes: try colourAxes(), classes: try strings(Layout.classes), classNames: try strings(Layout.classNames),
      geometry: try geometry(network, options: attributes.options))
    if let contradiction = contents.contradiction { throw .reading(.otherShape, path, contradiction) }
    let dataSets = try get { () throws(HDF5Error) in try file.dataSets() }
    var checksums: [(path: String, checksum: String)] = []
    for dataSet in dataSets { checksums.append((dataSet, try checksum(dataSet))) }
    return CheckpointHeader(
      contents: contents, digest: Checkpoint.digest(of: checksums),
      state: Set(TrainingState.allCases.filter { kind in dataSets.contains { $0.hasPrefix("/\(kind.rawValue)/") } }))
  }

  /// Compares the shapes in the file with those of the network.
  func checkShapes(_ network: Network, state: Set<TrainingState>) throws(CheckpointError) {
    for (layer, shape) in zip(network.layers, network.shapes) {
      for spec in layer.layer.layer.parameters(for: shape) {
        let parameter = "\(layer.name)/\(spec.role.rawValue)"
        try checkShape(Layout.values(parameter), spec.shape)
        for kind in state { try checkShape(Layout.state(kind, parameter), spec.shape) }
      }
    }
  }

  private func checkShape(_ dataSet: String, _ shape: [Int]) throws(CheckpointError) {
    let found = try get { () throws(HDF5Error) in try file.shape(of: dataSet) }
    guard found == shape else {
      throw .reading(.otherShape, path, "data set \(dataSet) is of shape \(found), the network says \(shape)")
    }
  }

  /// Reads values and verifies their checksum.
  func read(_ dataSet: String, _ shape: [Int], into values: UnsafeMutableBufferPointer<Float>) throws(CheckpointError) {
    try get { () throws(HDF5Error) in try file.read(dataSet, shape: shape, into: values) }
    try verify(dataSet, UnsafeRawBufferPointer(values))
  }

  /// The mean picture and its shape. The shape is checked before memory is allocated for the values.
  private func mean(_ network: Network) throws(CheckpointError) -> ([Float], Shape) {
    let shape = try get { () throws(HDF5Error) in try file.shape(of: Layout.mean) }
    guard shape.count == 3, shape[0] == network.input.channels,
      shape.dropFirst().allSatisfy({ (1...Network.largestInputSide).contains($0) })
    else {
      throw .reading(
        .otherShape, path,
        "data set \(Layout.mean) is of shape \(shape), expected [\(network.input.channels), H, W], no side above "
          + "\(Network.largestInputSide) pixels")
    }
    let values = try get { () throws(HDF5Error) in try file.readFloats(Layout.mean).values }
    try values.withUnsafeBufferPointer { (values) throws(CheckpointError) in
      try verify(Layout.mean, UnsafeRawBufferPointer(values))
    }
    if let problem = CheckpointContents.problem(mean: values) { throw .reading(.notFinite, path, problem) }
    return (values, Shape(channels: shape[0], height: shape[1], width: shape[2]))
  }

  /// The colour axes; empty if the file has no data set of them.
  private func colourAxes() throws(CheckpointError) -> [SIMD3<Float>] {
    let values = try get { () throws(HDF5Error) in
      try file.contains(Layout.colourAxes) ? try file.readSignedFloats(Layout.colourAxes, shape: [3, 3]) : []
    }
    if let problem = CheckpointContents.problem(colourAxes: values) { throw .reading(.notFinite, path, problem) }
    return stride(from: 0, to: values.count, by: 3).map { SIMD3(values[$0], values[$0 + 1], values[$0 + 2]) }
  }

  /// The input geometry, from its own data set or, in files of earlier versions, from the options.
  private func geometry(_ network: Network, options: String) throws(CheckpointError) -> InputGeometry? {
    let isRecorded = try get { () throws(HDF5Error) in try file.contains(Layout.input) }
    let recorded = isRecorded ? try strings(Layout.input) : []
    do throws(InputSpecError) {
      guard isRecorded else { return try CheckpointContents.geometry(network, options: options) }
      guard recorded.count == 1 else { throw InputSpecError("expected one entry, found \(recorded.count)") }
      return try InputGeometry(json: recorded[0])
    } catch {
      throw .reading(.damaged, path, "how pictures are resized for it (\(isRecorded ? Layout.input : "options")): \(error)")
    }
  }

  private func strings(_ dataSet: String) throws(CheckpointError) -> [String] {
    let (strings, bytes) = try get { () throws(HDF5Error) in try file.readPadded(dataSet) }
    try bytes.withUnsafeBufferPointer { (bytes) throws(CheckpointError) in
      try verify(dataSet, UnsafeRawBufferPointer(bytes))
    }
    return strings
  }

  /// Compares a data set's bytes with the checksum that was written with them.
  private func verify(_ dataSet: String, _ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    guard try checksum(dataSet) == SHA256.hex(of: bytes) else {
      throw .reading(.damaged, path, "data set \(dataSet) has been damaged since it was written (its checksum differs)")
    }
  }

  private func checksum(_ dataSet: String) throws(CheckpointError) -> String {
    let value = try get { () throws(HDF5Error) in try file.attribute(Layout.checksum, of: dataSet) }
    guard case .string(let checksum)? = value else {
      throw .reading(.damaged, path, "data set \(dataSet) has no attribute \(Layout.checksum)")
    }
    return checksum
  }

  /// The attributes of `/`, after format, version and checksum have been checked.
  private func attributes() throws(CheckpointError) -> Checkpoint.Attributes {
    guard try attribute("format") == .string(Checkpoint.format) else {
      let found = try attribute("format").map { "its format is '\($0)'" } ?? "it has no attribute 'format'"
      throw .reading(.otherFormat, path, "it is an HDF5 file, but no checkpoint: \(found), expected '\(Checkpoint.format)'")
    }
    guard try attribute("version") == .integer(Int64(Checkpoint.version)) else {
      let found = try attribute("version").map { "\($0)" } ?? "missing"
      throw CheckpointError(
        .otherVersion, "read", path, "its version is \(found), expected \(Checkpoint.version)",
        hint: "read it with the version of deepinside that wrote it")
    }
    let attributes = Checkpoint.Attributes(
      network: try text("network"), progress: try text("progress"), options: try text("options"))
    for (name, text) in [("network", attributes.network), ("progress", attributes.progress), ("options", attributes.options)]
    where text.utf8.count > Network.longestDescription {
      throw .reading(
        .damaged, path, "its attribute '\(name)' has \(text.utf8.count) bytes, at most \(Network.longestDescription) are expected"
      )
    }
    // Files made by other tools need not have this checksum.
    if let checksum = try attribute(Layout.headerChecksum), checksum != .string(attributes.checksum) {
      throw .reading(.damaged, path, "its attributes have been damaged since they were written (their checksum differs)")
    }
    return attributes
  }

  private func attribute(_ name: String) throws(CheckpointError) -> HDF5Attribute? {
    try get { () throws(HDF5Error) in try file.attribute(name) }
  }

  private func text(_ name: String) throws(CheckpointError) -> String {
    guard case .string(let text)? = try attribute(name) else {
      throw .reading(.damaged, path, "it has no text attribute '\(name)'")
    }
    return text
  }

  private func get<Value>(_ body: () throws(HDF5Error) -> Value) throws(CheckpointError) -> Value {
    do { return try body() } catch { throw CheckpointError(reading: error, from: path) }
  }
}
