import ConvNet
import Files

/// How much S_c falls when a square of the picture is covered by the mean picture. Each pixel gets the mean over the squares that
/// cover it. Squares stand every `stride` pixels from the upper left; the last ones are cut off by the border.
///
/// By default a square's side is a seventh of the picture's width (32 of 224 pixels), and the stride is half of that.
/// Source: Zeiler and Fergus 2013 §4.2.
struct Occlusion: SaliencyMethod {
  let window: Int
  let stride: Int

  init(_ options: SaliencyMethodOptions, _ network: Network) throws {
    let side = min(network.input.width, network.input.height)
    window = try SaliencyMethods.checked("window", options.window, default: max(1, side / 7), in: 1...side)
    stride = try SaliencyMethods.checked("stride", options.stride, default: max(1, window / 2), in: 1...window)
  }

  var parameters: [String: ParameterValue] {
    ["method": .text("occlusion"), "window": .number(Double(window)), "stride": .number(Double(stride))]
  }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let (images, shape) = (pictures.images, pictures.images.shape)
    let covered = try Tensor(count: images.count, shape: shape)
    _ = covered.values.update(fromContentsOf: images.values)
    let result = try Tensor(count: images.count, shape: Shape(channels: 1, height: shape.height, width: shape.width))
    var coverage = [Float](repeating: 0, count: shape.area)
    for y in starts(shape.height) {
      for x in starts(shape.width) {
        let rows = y..<min(y + window, shape.height)
        let columns = x..<min(x + window, shape.width)
        forEachLine(rows, columns, covered) { _, line in line.update(repeating: 0) }
        let scores = score.scores(of: covered, classes: pictures.classes)
        for i in rows.flatMap({ row in columns.map { row * shape.width + $0 } }) {
          coverage[i] += 1
          for slot in 0..<images.count { result[slot][i] += pictures.scores[slot] - scores[slot] }
        }
        forEachLine(rows, columns, covered) { start, line in
          _ = line.update(fromContentsOf: images.values[start..<(start + line.count)])
        }
      }
    }
    for slot in 0..<images.count { for i in coverage.indices { result[slot][i] /= coverage[i] } }
    return Attributions(.pixels, result)
  }

  private func starts(_ side: Int) -> [Int] {
    (0..<((side - window + stride - 1) / stride + 1)).map { $0 * stride }
  }

  /// Calls `body` for the part of each row that a square covers, in every picture and channel, with its start in `values`.
  private func forEachLine(
    _ rows: Range<Int>, _ columns: Range<Int>, _ images: Tensor,
    _ body: (_ start: Int, UnsafeMutableBufferPointer<Float>) -> Void
  ) {
    let shape = images.shape
    let values = images.values
    for plane in 0..<(images.count * shape.channels) {
      for row in rows {
        let start = plane * shape.area + row * shape.width + columns.lowerBound
        body(start, UnsafeMutableBufferPointer(rebasing: values[start..<(start + columns.count)]))
      }
    }
  }
}
