extension Network {
  /// The input pixels that can change a unit's activation; zeros of the padding around the picture count too.
  ///
  /// The rows a ... b after a convolution or pooling with kernel k, stride s and padding p depend on the rows
  /// a·s − p ... b·s − p + k − 1 before it. A fully connected layer depends on all rows.
  /// - Parameters:
  ///   - layer: the layer's index.
  ///   - y, x: the unit's place in the layer's output.
  /// - Returns: rows and columns, which may reach beyond the input's borders.
  public func receptiveField(of layer: Int, y: Int, x: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    var (rows, columns) = (y..<(y + 1), x..<(x + 1))
    for index in (0...layer).reversed() {
      func below(_ range: Range<Int>, kernel: Int, stride: Int, padding: Int) -> Range<Int> {
        (range.lowerBound * stride - padding)..<((range.upperBound - 1) * stride - padding + kernel)
      }
      switch layers[index].layer {
      case .convolution(let layer):
        rows = below(rows, kernel: layer.kernel, stride: layer.stride, padding: layer.padding)
        columns = below(columns, kernel: layer.kernel, stride: layer.stride, padding: layer.padding)
      case .maxPooling(let layer):
        rows = below(rows, kernel: layer.window, stride: layer.stride, padding: 0)
        columns = below(columns, kernel: layer.window, stride: layer.stride, padding: 0)
      case .fullyConnected:
        rows = 0..<shapes[index].height
        columns = 0..<shapes[index].width
      case .relu, .localResponseNormalization, .dropout: break
      }
    }
    return (rows, columns)
  }
}
