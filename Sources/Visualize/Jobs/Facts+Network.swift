import Attribution
import ConvNet
import Data
import DataSets
import Files
import Results

extension ResultHeader {
  /// - Parameter parameters: all but the precision, unless it differs from that of `compute`.
  package init(command: String, parameters: [String: ParameterValue], net: TrainedNetwork, compute: ComputeSettings) {
    let input = net.network.input
    self.init(
      command: command,
      parameters: parameters.merging([Self.precision: .text(compute.precision.rawValue)]) { given, _ in given },
      checkpointSHA256: net.digest, checkpointFile: net.fileName, network: net.network.name,
      input: [input.channels, input.height, input.width], classCount: net.classes.count)
  }
}

extension CommonFacts {
  /// Makes the facts of a class of a net.
  package init(
    item: String, kind: String, classIndex: Int, score: Float, posterior: Float, top: [RankedClass], net: TrainedNetwork,
    warning: String? = nil
  ) {
    self.init(
      item: item, kind: kind, class: net.classes[classIndex], className: net.classNames[classIndex], score: score,
      posterior: posterior,
      top5: top.map {
        Class(class: net.classes[$0.index], className: net.classNames[$0.index], score: $0.score, posterior: $0.posterior)
      }, warning: warning)
  }
}

extension InputGeometry {
  /// The parameters of the geometry that results of pictures depend on; empty for the paper's proportion.
  var parameters: [String: ParameterValue] {
    if isUsual { return [:] }
    let all = ["shorter_side": shorterSide, "packed_side": packedSide].compactMapValues { $0 }
    return all.mapValues { .number(Double($0)) }
  }

  /// Makes the geometry of the net that a folder's results belong to.
  ///
  /// - Throws: `InputSpecError` if the sizes don't fit together.
  init(_ header: ResultHeader) throws(InputSpecError) {
    func side(_ name: String) -> Int? {
      guard case .number(let value)? = header.parameters[name] else { return nil }
      // A value that isn't a whole number can't be a side either.
      return Int(exactly: value) ?? 0
    }
    try self.init(
      width: header.input[2], height: header.input[1], shorterSide: side("shorter_side"), packedSide: side("packed_side"))
  }
}

extension EarlierResults {
  /// Returns an item per picture, in the same order.
  ///
  /// - Throws: `FileError` if the storage is away.
  func workItems<Subject>(
    of pictures: some Collection<PictureFile>, _ subject: (PictureFile) -> Subject
  ) throws(FileError) -> [WorkItem<Subject>] {
    let names = try items(of: pictures.map(\.asSource))
    return zip(names, pictures).map { WorkItem(name: $0, picture: $1.asSource, subject: subject($1)) }
  }
}

extension PictureFile {
  /// The facts by which results recognise the picture.
  var asSource: PictureSource {
    PictureSource(path: path, name: name, truth: truth ?? annotation?.boxes.first?.wnid, annotationSHA256: annotation?.digest)
  }
}

extension Annotation {
  /// The SHA-256 of the annotation's size and boxes.
  var digest: String {
    SHA256.hex(
      of: "\(width) \(height)"
        + boxes.map { "\n\($0.xmin) \($0.ymin) \($0.xmax) \($0.ymax) \($0.wnid)" }.joined())
  }
}
