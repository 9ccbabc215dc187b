extension Picture {
  /// Makes a picture of planes of floats, rounded and limited to 0 … 255.
  ///
  /// - Parameter planes: [3, height, width], or [1, height, width] for grey, 0–255; NaN becomes 0.
  public init(planes: [Float], width: Int, height: Int) {
    let area = width * height
    precondition([area, 3 * area].contains(planes.count), "\(planes.count) values are no picture of \(width)×\(height)")
    let step = planes.count == area ? 0 : area
    self.init(width: width, height: height) { target in
      for i in 0..<area {
        for channel in 0..<3 {
          let value = planes[channel * step + i]
          target[i * 3 + channel] = value > 0 ? UInt8(min(value, 255).rounded()) : 0
        }
      }
    }
  }
}
