import ConvNet
import Images

extension GaussianBlur {
  /// Blurs a picture of that shape in place.
  ///
  /// - Parameter scratch: at least as many values as the picture has; overwritten.
  func apply(
    to picture: UnsafeMutableBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>, shape: Shape
  ) {
    apply(to: picture, scratch: scratch, channels: shape.channels, height: shape.height, width: shape.width)
  }
}
