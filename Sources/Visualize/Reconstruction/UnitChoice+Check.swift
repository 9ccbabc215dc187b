import Attribution
import ConvNet
import Results

extension UnitChoice {
  /// - Throws: `ResultsError` if the layer has no such unit.
  func check(_ layer: String, _ shape: Shape) throws(ResultsError) {
    if let channel, !(0..<shape.channels).contains(channel) {
      throw ResultsError(.wrongUse, "--channel \(channel): \(layer) has the channels 0 … \(shape.channels - 1)")
    }
    if let place, !(0..<shape.height).contains(place.y) || !(0..<shape.width).contains(place.x) {
      throw ResultsError(
        .wrongUse, "--unit \(place.y),\(place.x): \(layer) has the rows 0 … \(shape.height - 1), columns 0 … \(shape.width - 1)")
    }
  }
}
