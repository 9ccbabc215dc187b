import ConvNet
import Data
import Files
import Images
import Results

/// A picture as it is tested: resized as the network expects it, with the places of the crops that enter the net.
package struct TestPicture: Sendable {
  /// The size of the upright picture in the file.
  let original: PictureSize
  let resized: Picture
  let places: [CropPlace]
  private let geometry: InputGeometry

  /// - Throws: `ImageError` if the file can't be read or decoded.
  init(
    contentsOf path: FileName, decoder: PictureDecoder, geometry: InputGeometry, crops: TestCrops = .centre
  ) throws(ImageError) {
    try self.init(geometry.prepare(contentsOf: path, decoder: decoder), geometry: geometry, crops: crops)
  }

  init(_ picture: Picture, geometry: InputGeometry, crops: TestCrops = .centre) throws(ImageError) {
    try self.init(geometry.prepare(picture), geometry: geometry, crops: crops)
  }

  init(_ picture: PreparedPicture, geometry: InputGeometry, crops: TestCrops = .centre) throws(ImageError) {
    original = picture.original
    resized = try picture.resized()
    self.geometry = geometry
    places = geometry.places(crops, in: resized.size)
  }

  /// The shape of the net's input.
  var shape: Shape { Shape(channels: 3, height: geometry.height, width: geometry.width) }

  /// The frame of a map: that of the crop if there is only one, otherwise the whole resized picture.
  var frame: PictureSize { places.count == 1 ? PictureSize(width: geometry.width, height: geometry.height) : resized.size }

  /// The part of the picture that is in the frame.
  var shown: Picture { places.count == 1 ? crop(places[0]) : resized }

  /// The crop at a place, mirrored if the place says so.
  func crop(_ place: CropPlace) -> Picture {
    guard let crop = try? resized.cropped(x: place.x, y: place.y, width: geometry.width, height: geometry.height) else {
      preconditionFailure("no crop of \(shape) at (\(place.x), \(place.y)) in \(resized)")
    }
    return place.mirrored ? crop.flipped() : crop
  }

  /// A crop as it enters the net: `[3, H, W]`, RGB, first mirrored, then with the mean subtracted.
  func input(_ place: CropPlace, mean: [Float]) -> [Float] {
    let settled = PreparedPicture(original: original, decoded: resized, size: resized.size)
    return geometry.input(settled, at: place, mean: mean)
  }

  /// The SHA-256 of all inputs to the net; see `InputDigest`.
  func inputDigest(mean: [Float]) -> String {
    var digest = InputDigest()
    for place in places { input(place, mean: mean).withUnsafeBufferPointer { digest.add($0) } }
    return digest.finish()
  }

  /// The sizes of the picture, and the place of the first crop in it.
  var attributes: [String: ParameterValue] {
    [
      "picture_width": .number(Double(original.width)), "picture_height": .number(Double(original.height)),
      "resized_width": .number(Double(resized.width)), "resized_height": .number(Double(resized.height)),
      "crop_x": .number(Double(places[0].x)), "crop_y": .number(Double(places[0].y)),
    ]
  }
}

extension WorkItem {
  /// The picture that the item belongs to.
  ///
  /// - Throws: `ResultsError` if there is none.
  var pictureSource: PictureSource {
    get throws(ResultsError) {
      guard let picture else { throw ResultsError(.badData, "\(name) has no picture") }
      return picture
    }
  }
}
