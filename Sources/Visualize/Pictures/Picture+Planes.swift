import ConvNet
import Images

extension Picture {
  /// Makes a picture from planes of floats, rounded and limited to 0 … 255.
  ///
  /// - Parameter planes: `[3, H, W]` or `[1, H, W]` (grey), 0–255; NaN is shown as 0.
  init(planes: [Float], shape: Shape) {
    precondition(
      planes.count == shape.count && [1, 3].contains(shape.channels), "\(planes.count) values are no picture \(shape)")
    self.init(planes: planes, width: shape.width, height: shape.height)
  }

  /// Makes the bytes of the picture's PNG file; errors name the path.
  var png: (_ path: String) throws -> [UInt8] {
    { path in try encodePNG(pixels, width: width, height: height, channels: 3, name: path) }
  }
}
