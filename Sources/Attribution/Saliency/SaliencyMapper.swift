import ConvNet
import Images

/// A picture to explain, and the crops of it that are used.
public struct CroppedPicture {
  /// Where the crops lie in the picture.
  public var places: [CropPlace]
  /// The frame of the map: that of the crop if there is only one, otherwise that of the whole picture.
  public var frame: PictureSize
  /// The class to explain; if nil, the class with the highest mean posterior over the crops.
  public var classIndex: Int?
  /// The number of its stream of random numbers.
  public var stream: UInt64
  /// Gives a crop as it enters the net: `[3, H, W]`, RGB 0–255 with the mean subtracted.
  public var input: (CropPlace) -> [Float]

  public init(
    places: [CropPlace], frame: PictureSize, classIndex: Int? = nil, stream: UInt64 = 0, input: @escaping (CropPlace) -> [Float]
  ) {
    (self.places, self.frame, self.classIndex, self.stream, self.input) = (places, frame, classIndex, stream, input)
  }
}

/// Makes saliency maps of pictures, from one crop or ten crops each. Batches are filled across pictures and crops.
public final class SaliencyMapper {
  package let score: ScoreFunction
  private let method: any SaliencyMethod
  private let images: Tensor

  /// - Parameters:
  ///   - batch: the number of crops that are computed together.
  ///   - progress: called before every forward pass.
  public convenience init(
    _ parameters: ParameterStore, method: any SaliencyMethod, batch: Int, compute: ComputeSettings = ComputeSettings(),
    progress: @escaping () -> Void = {}
  ) throws {
    try self.init(ScoreFunction(parameters, batch: batch, compute: compute, progress: progress), method: method)
  }

  /// Makes a mapper on a net that several methods may share.
  public init(_ score: ScoreFunction, method: any SaliencyMethod) throws {
    (self.score, self.method) = (score, method)
    images = try Tensor(count: score.batch, shape: score.network.input)
  }

  /// Computes the maps of up to `batch` inputs of the net, each as it is.
  ///
  /// - Parameters:
  ///   - images: `[N, 3, H, W]`, RGB 0–255 with the mean subtracted.
  ///   - classes: the class to explain in each picture; if nil, the one with the highest score.
  public func maps(of images: Tensor, classes: [Int?]) throws -> [SaliencyMap] {
    precondition(images.count <= score.batch, "\(images.count) pictures for a batch of \(score.batch)")
    precondition(images.count == classes.count, "\(images.count) pictures and \(classes.count) classes")
    let size = PictureSize(width: images.shape.width, height: images.shape.height)
    let place = CropPlace(x: 0, y: 0)
    let inputs = classes.indices.map { Input(owner: $0, place: place, target: place, stream: UInt64($0)) }
    let owners = classes.map { Owner(size: size, crops: 1, classIndex: $0, classCount: score.network.classCount) }
    return try maps(of: inputs, owners) { _ in images }
  }

  /// Computes the maps of any number of pictures, each averaged over its crops.
  ///
  /// - Throws: the errors of the method.
  public func maps(of pictures: [CroppedPicture]) throws -> [SaliencyMap] {
    let inputs = pictures.indices.flatMap { owner in
      let picture = pictures[owner]
      return picture.places.enumerated().map { number, place in
        Input(
          owner: owner, place: place, target: picture.places.count == 1 ? CropPlace(x: 0, y: 0) : place,
          stream: pictures[owner].stream &+ UInt64(number))
      }
    }
    let owners = pictures.map {
      Owner(
        size: $0.frame, crops: $0.places.count, classIndex: $0.classIndex, classCount: score.network.classCount)
    }
    return try maps(of: inputs, owners) { [images] inputs in
      for (slot, input) in inputs.enumerated() {
        _ = images[slot].update(fromContentsOf: pictures[input.owner].input(input.place))
      }
      return images.prefix(inputs.count)
    }
  }

  /// One input of the net: a crop.
  private struct Input {
    let owner: Int
    /// Its place in the resized picture.
    let place: CropPlace
    /// Its place in the frame of the map.
    let target: CropPlace
    let stream: UInt64
  }

  /// One picture, with the results of its crops so far.
  private struct Owner {
    var classIndex: Int?
    var scores: CropScores
    var average: MapAverage
    var notes: [String: Double] = [:]

    init(size: PictureSize, crops: Int, classIndex: Int?, classCount: Int) {
      self.classIndex = classIndex
      scores = CropScores(classes: classCount, crops: crops)
      average = MapAverage(size: size)
    }
  }

  private func maps(
    of inputs: [Input], _ pictures: [Owner], load: (ArraySlice<Input>) throws -> Tensor
  ) throws -> [SaliencyMap] {
    var pictures = pictures
    let chunks = stride(from: 0, to: inputs.count, by: score.batch).map { inputs[$0..<min($0 + score.batch, inputs.count)] }

    func forward(_ chunk: ArraySlice<Input>) throws -> (images: Tensor, scores: Tensor) {
      let images = try load(chunk)
      return (images, score.scores(of: images))
    }
    func add(_ scores: Tensor, _ chunk: ArraySlice<Input>) {
      for (slot, input) in chunk.enumerated() { pictures[input.owner].scores.add(scores[slot]) }
    }

    // The strongest class is that of all crops together, so it is known only after all of them.
    let choosesFirst = pictures.contains { $0.classIndex == nil }
    var last: (images: Tensor, scores: Tensor)?
    if choosesFirst {
      for chunk in chunks {
        let passed = try forward(chunk)
        add(passed.scores, chunk)
        last = chunks.count == 1 ? passed : nil
      }
    }
    let classes = pictures.map { $0.classIndex ?? $0.scores.top(1)[0].index }
    for chunk in chunks {
      let passed = try last ?? forward(chunk)
      if !choosesFirst { add(passed.scores, chunk) }
      let own = chunk.map { classes[$0.owner] }
      let explained = ClassPictures(
        images: passed.images, classes: own, scores: own.indices.map { passed.scores[$0][own[$0]] },
        streams: chunk.map(\.stream))
      let found = try method.attributions(of: explained, by: score)
      for (slot, input) in chunk.enumerated() {
        pictures[input.owner].average.add(found.map(slot), width: passed.images.shape.width, at: input.target)
        guard !found.notes.isEmpty else { continue }
        let crops = Double(pictures[input.owner].scores.crops)
        pictures[input.owner].notes.merge(found.notes[slot].mapValues { $0 / crops }) { $0 + $1 }
      }
    }
    return zip(pictures, classes).map { picture, index in
      SaliencyMap(
        classIndex: index, score: picture.scores.scores[index], posterior: picture.scores.posteriors[index],
        topClasses: picture.scores.top(5), map: picture.average.average, size: picture.average.size, notes: picture.notes)
    }
  }
}
