import ConvNet
import Data
import HDF5

extension Checkpoint {
  /// Writes a checkpoint that gets its name only when it is whole and on the disk. Only one process of the job writes it.
  ///
  /// - Parameter store: The parameters, with what their training keeps.
  /// - Returns: The checkpoint's digest.
  /// - Throws: `CheckpointError`, of kind `noSpace` on a full disk; a file that had the name before is untouched.
  @discardableResult
  public static func write(
    _ contents: CheckpointContents, store: ParameterStore, to path: String
  ) throws(CheckpointError) -> String {
    precondition(store.network == contents.network, "the parameters are those of another network")
    if let contradiction = contents.contradiction { throw CheckpointError(.invalidContents, "write", path, contradiction) }
    let attributes: Attributes
    do {
      attributes = Attributes(
        network: contents.network.json(), progress: try contents.progress.json(), options: contents.options)
    } catch {
      throw CheckpointError(.invalidContents, "write", path, "its progress is no JSON: \(error)")
    }
    do {
      return try HDF5File.write(to: path) { file throws(HDF5Error) in
        try write(attributes, to: file)
        return digest(of: try write(contents, store, to: file))
      }
    } catch {
      throw CheckpointError(writing: error, to: path)
    }
  }

  private static func write(_ attributes: Attributes, to file: borrowing HDF5File) throws(HDF5Error) {
    try file.setAttribute("format", to: format)
    try file.setAttribute("version", to: Int64(version))
    try file.setAttribute("network", to: attributes.network)
    try file.setAttribute("progress", to: attributes.progress)
    try file.setAttribute("options", to: attributes.options)
    try file.setAttribute(Layout.headerChecksum, to: attributes.checksum)
  }

  /// Writes all data sets; returns their paths and checksums.
  private static func write(
    _ contents: CheckpointContents, _ store: ParameterStore, to file: borrowing HDF5File
  ) throws(HDF5Error) -> [(path: String, checksum: String)] {
    var checksums: [(path: String, checksum: String)] = []
    func write(_ values: UnsafeBufferPointer<Float>, _ shape: [Int], _ path: String) throws(HDF5Error) {
      checksums.append((path, try file.writeSigned(values, shape: shape, to: path)))
    }
    func write(_ strings: [String], _ path: String) throws(HDF5Error) {
      checksums.append((path, try file.writeSigned(strings, to: path)))
    }
    for parameter in store.parameters {
      let values = store.state[.averages] ?? store.values
      try write(UnsafeBufferPointer(values[parameter.range]), parameter.spec.shape, Layout.values(parameter.name))
    }
    for kind in TrainingState.allCases {
      guard let kept = store.state[kind] else { continue }
      let buffer = kind == .averages ? store.values : kept
      for parameter in store.parameters {
        try write(UnsafeBufferPointer(buffer[parameter.range]), parameter.spec.shape, Layout.state(kind, parameter.name))
      }
    }
    try contents.mean.withUnsafeBufferPointer { (mean) throws(HDF5Error) in
      try write(mean, contents.meanShape.dimensions, Layout.mean)
    }
    if !contents.colourAxes.isEmpty {
      let axes = contents.colourAxes.flatMap { [$0.x, $0.y, $0.z] }
      try axes.withUnsafeBufferPointer { (axes) throws(HDF5Error) in try write(axes, [axes.count / 3, 3], Layout.colourAxes) }
    }
    try write(contents.classes, Layout.classes)
    try write(contents.classNames, Layout.classNames)
    // The geometry counts in the digest, because another size gives other results. It consists of numbers and a name, which can
    // always be written as JSON.
    if let geometry = try? contents.geometry?.json() { try write([geometry], Layout.input) }
    return checksums
  }
}

extension Shape {
  /// `[C, H, W]`.
  var dimensions: [Int] { [channels, height, width] }
}
