import ConvNet
import Images

/// A picture as it is tested: resized so that its shorter side is round(crop · 256 / 224) — 256 for the paper's crop of 224, in
/// proportion for others **[ours]** — and the places of the crops that enter the net.
struct TestPicture: Sendable {
  /// The size of the upright picture in the file.
  let original: PictureSize
  let resized: Picture
  let places: [CropPlace]
  /// The net's input.
  let shape: Shape

  /// - Throws: `ImageError` when the file can't be read or decoded.
  init(contentsOf path: String, decoder: PictureDecoder, input shape: Shape, crops: TestCrops = .centre) throws(ImageError) {
    try self.init(decoder.decode(contentsOf: path), input: shape, crops: crops)
  }

  init(_ picture: Picture, input shape: Shape, crops: TestCrops = .centre) throws(ImageError) {
    try picture.requireUsualShape()
    let crop = max(shape.width, shape.height)
    original = picture.size
    resized = try picture.resized(shorterSide: Self.shorterSide(forCrop: crop))
    self.shape = shape
    // Of a net whose input isn't square the crops' places are those of the square, and the crop is its centre.
    let (left, top) = ((crop - shape.width) / 2, (crop - shape.height) / 2)
    places = crops.places(crop: crop, in: resized.size).map { CropPlace(x: $0.x + left, y: $0.y + top, mirrored: $0.mirrored) }
  }

  /// round(crop · 256 / 224)
  static func shorterSide(forCrop crop: Int) -> Int { (2 * crop * 256 + 224) / 448 }

  /// The frame of a map: the crop where there is one, else the whole resized picture.
  var frame: PictureSize { places.count == 1 ? PictureSize(width: shape.width, height: shape.height) : resized.size }

  /// What is seen in the frame.
  var shown: Picture { places.count == 1 ? crop(places[0]) : resized }

  /// What is seen at a place, upright or mirrored as the place says.
  func crop(_ place: CropPlace) -> Picture {
    guard let crop = try? resized.cropped(x: place.x, y: place.y, width: shape.width, height: shape.height) else {
      preconditionFailure("no crop of \(shape) at (\(place.x), \(place.y)) in \(resized)")
    }
    return place.mirrored ? crop.flipped() : crop
  }

  /// A crop as it enters the net: `[3, H, W]`, RGB, mirrored first, then the mean subtracted.
  func input(_ place: CropPlace, mean: [Float]) -> [Float] { crop(place).centred(mean: mean) }

  /// Where the first crop lies in the picture.
  var attributes: [String: ParameterValue] {
    [
      "picture_width": .number(Double(original.width)), "picture_height": .number(Double(original.height)),
      "resized_width": .number(Double(resized.width)), "resized_height": .number(Double(resized.height)),
      "crop_x": .number(Double(places[0].x)), "crop_y": .number(Double(places[0].y)),
    ]
  }
}
