/// The changes that a data layer of a Caffe net makes to pixels before the net sees them: (pixel − mean) · scale, at the size of
/// its crop.
///
/// Without a `transform_param`, the older parameters of the data layers count. Source: BVLC/caffe, caffe.proto,
/// `TransformationParameter`, `DataParameter`, `ImageDataParameter`, `WindowDataParameter`; data_transformer.cpp.
struct CaffeTransform: Equatable {
  var scale: Float = 1
  /// One value for all channels, or blue, green and red; empty for no mean.
  var mean: [Float] = []
  /// The file of the mean picture, as the net's author named it; nil for none.
  var meanFile: String?
  /// The side of the crop; nil if the layer doesn't crop.
  var crop: Int?

  /// - Throws: `InterchangeError` for changes that deepinside can't make to a picture, and for values that are no finite numbers.
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

  /// The mean colour, RGB 0–255, for all pixels; nil if there is none.
  var meanColour: [Float]? { mean.isEmpty ? nil : mean.count == 1 ? [mean[0], mean[0], mean[0]] : mean.reversed() }
}
