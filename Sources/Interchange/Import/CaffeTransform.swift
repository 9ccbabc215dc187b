/// What a data layer of a Caffe net does to pixels before the net sees them: (pixel − mean) · scale, at the size of its crop.
///
/// The older parameters of single data layers count where there is no `transform_param`. Source: BVLC/caffe, caffe.proto,
/// `TransformationParameter`, `DataParameter`, `ImageDataParameter`, `WindowDataParameter`; data_transformer.cpp.
struct CaffeTransform: Equatable {
  var scale: Float = 1
  /// One for all channels, or blue, green and red; empty without.
  var mean: [Float] = []
  /// Of a mean picture, as the net's author called it; nil without.
  var meanFile: String?
  /// nil where the layer doesn't crop.
  var crop: Int?

  /// - Throws: `InterchangeError` for what deepinside can't do to a picture, and for numbers that are none.
  init(_ message: ProtobufReader, isTransform: Bool, layer: String, path: String) throws(InterchangeError) {
    func problem(_ text: String) -> InterchangeError { .badData(path, "layer '\(layer)': \(text)") }
    scale = message.float(isTransform ? 1 : 2) ?? 1
    meanFile = message.text(isTransform ? 4 : 3).flatMap { $0.isEmpty ? nil : $0 }
    crop = message.integer(isTransform ? 3 : 5).flatMap { $0 == 0 ? nil : $0 }
    guard scale.isFinite, scale != 0 else { throw problem("scale \(scale), expected a finite number other than 0") }
    guard isTransform else { return }
    mean = message.floats(5)
    guard [0, 1, 3].contains(mean.count), mean.allSatisfy(\.isFinite) else {
      throw problem("mean_value \(mean), expected one finite number or three (blue, green, red)")
    }
    if let gray = message.integer(7), gray != 0 { throw problem("force_gray, which deepinside doesn't have") }
    let (height, width) = (message.integer(11) ?? 0, message.integer(12) ?? 0)
    guard height == width else { throw problem("crops of \(height)×\(width), expected square ones") }
    if height > 0 { crop = height }
  }

  /// RGB 0–255, for all pixels; nil without.
  var meanColour: [Float]? { mean.isEmpty ? nil : mean.count == 1 ? [mean[0], mean[0], mean[0]] : mean.reversed() }
}
