import ConvNet
import Data

extension Shape {
  /// Pictures resized in the paper's proportion, for a network of that input.
  var geometry: InputGeometry { get throws { try InputGeometry(width: width, height: height) } }
}
