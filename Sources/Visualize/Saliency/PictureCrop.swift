import ConvNet
import Images

/// A picture as it enters a net, and where in the picture that is.
struct PictureCrop: Sendable {
  /// `[3, H, W]`, RGB with the mean subtracted.
  let input: [Float]
  /// What was cropped, for showing.
  let picture: Picture
  /// The size of the upright picture in the file.
  let width: Int
  let height: Int
  /// Its size when the crop was cut out.
  let resizedWidth: Int
  let resizedHeight: Int
  /// The crop's upper left pixel in it.
  let x: Int
  let y: Int

  /// The centre of the picture, resized so that its shorter side is round(crop · 256 / 224): the test-time geometry of the
  /// paper's net (256 for a crop of 224), in proportion for others **[ours]**.
  ///
  /// - Throws: `ImageError` when the file can't be read or decoded.
  init(contentsOf path: String, decoder: PictureDecoder, input shape: Shape, mean: [Float]) throws(ImageError) {
    let whole = try decoder.decode(contentsOf: path)
    let crop = max(shape.width, shape.height)
    let resized = try whole.resized(shorterSide: Self.shorterSide(forCrop: crop))
    x = (resized.width - shape.width) / 2
    y = (resized.height - shape.height) / 2
    picture = try resized.cropped(x: x, y: y, width: shape.width, height: shape.height)
    input = picture.centred(mean: mean)
    (width, height) = (whole.width, whole.height)
    (resizedWidth, resizedHeight) = (resized.width, resized.height)
  }

  /// round(crop · 256 / 224)
  static func shorterSide(forCrop crop: Int) -> Int { (2 * crop * 256 + 224) / 448 }

  /// The attributes that place the crop in the picture.
  var attributes: [String: ParameterValue] {
    [
      "picture_width": .number(Double(width)), "picture_height": .number(Double(height)),
      "resized_width": .number(Double(resizedWidth)), "resized_height": .number(Double(resizedHeight)),
      "crop_x": .number(Double(x)), "crop_y": .number(Double(y)),
    ]
  }
}
