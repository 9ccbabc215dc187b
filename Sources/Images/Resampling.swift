import Kernels

/// One dimension of an antialiased resize: a triangle filter that is widened by the factor of reduction.
///
/// Output pixel o has its centre at (o + ½)·s in the input, where s = input size / output size, and gives input i the weight
/// max(0, 1 − |i + ½ − centre| / max(s, 1)), normalised, in fixed point with 22 bits. For equal sizes each output is its input
/// with weight 1.
///
/// The ends of the triangle often lie on the middle of an input (of every input when enlarging by a whole number). There the
/// rounding of the centre would decide whether that input is used. Its weight is 0 in fixed point either way, so inputs of weight
/// 0 at the ends are left out: the number of taps is counted afterwards, not computed beforehand.
///
/// Source: the same form as Pillow's src/libImaging/Resample.c.
struct ResamplingFilter {
  private(set) var taps = 0
  /// [outputs]: the first input index of each output; all `taps` inputs from there on exist.
  private(set) var starts: [Int32] = []
  /// [outputs, taps]: fixed-point weights, with zeros where an output uses fewer inputs.
  private(set) var weights: [Int32] = []
  /// The range of the inputs that any output uses.
  private(set) var inputs = 0..<0
  /// For each output, the range of the inputs with positive weights.
  private var spans: [Range<Int>] = []
  /// The weights of `spans`, one output after another.
  private var packed: [Int32] = []

  /// Computes only the outputs of `window`, from the last to the first if `reversed`.
  mutating func set(from input: Int, to output: Int, window: Range<Int>, reversed: Bool = false) {
    precondition(!window.isEmpty && 0 <= window.lowerBound && window.upperBound <= output, "\(window) of \(output)")
    precondition(input > 0, "nothing to look at")
    spans.removeAll(keepingCapacity: true)
    packed.removeAll(keepingCapacity: true)
    let scale = Double(input) / Double(output)
    for place in window {
      let centre = (Double(reversed ? window.lowerBound + window.upperBound - 1 - place : place) + 0.5) * scale
      spans.append(appendWeights(centre: centre, support: max(scale, 1), input: input))
    }
    arrange(input: input)
  }

  /// Appends the weights of one output to `packed`; returns the range of the inputs that they belong to.
  private mutating func appendWeights(centre: Double, support: Double, input: Int) -> Range<Int> {
    let first = max(0, Int(centre - support + 0.5))
    let end = min(input, Int(centre + support + 0.5))
    func weight(_ index: Int) -> Double { max(0, 1 - abs((Double(index) - centre + 0.5) * (1 / support))) }
    var sum = 0.0
    for index in first..<end { sum += weight(index) }
    var span = first..<first
    for index in first..<end {
      let fixed = Int32(weight(index) / sum * Double(1 << KERNELS_RESAMPLING_PRECISION) + 0.5)
      if fixed == 0 && span.isEmpty {
        span = (index + 1)..<(index + 1)
      } else {
        packed.append(fixed)
        span = span.lowerBound..<(index + 1)
      }
    }
    while span.count > 1, packed[packed.count - 1] == 0 {
      packed.removeLast()
      span = span.lowerBound..<(span.upperBound - 1)
    }
    return span
  }

  /// Copies `packed` into a form with the same number of taps for every output.
  private mutating func arrange(input: Int) {
    taps = spans.reduce(1) { max($0, $1.count) }
    starts.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    var next = 0
    var (lowest, highest) = (input, 0)
    for span in spans {
      let start = min(span.lowerBound, input - taps)
      starts.append(Int32(start))
      for index in start..<(start + taps) {
        guard span.contains(index) else {
          weights.append(0)
          continue
        }
        weights.append(packed[next])
        next += 1
      }
      (lowest, highest) = (min(lowest, start), max(highest, start + taps))
    }
    inputs = lowest..<highest
  }
}

/// Resizes pictures, or only a wanted window of them: a horizontal pass over the rows that are needed, then a vertical one, each
/// rounded to 8 bits. The result has the same numbers as Pillow's `resize(…, BILINEAR)`.
///
/// Its buffers grow to the largest picture and are kept. Only one thread at a time may use it: make one per thread.
public final class Resizer {
  private var columns = ResamplingFilter()
  private var rows = ResamplingFilter()
  /// The result of the horizontal pass: [rows, 3, width], rows and width rounded up to multiples of 16.
  private var middle: [UInt8] = []
  private var scratch: [UInt8] = []
  /// A row of the vertical pass's result: [3, width], the width rounded up to a multiple of 16.
  private var line: [UInt8] = []

  public init() {}

  /// Calls `body` for the rows of a window of the resized picture, from the top.
  ///
  /// - Parameters:
  ///   - size: The size of the whole resized picture.
  ///   - window: The wanted part of the resized picture.
  ///   - mirrored: true to exchange the window's left and right.
  ///   - body: Gets the row's number in the window, and its channels: plane c starts at `line` + c·`stride`.
  public func forEachRow(
    of picture: Picture, resizedTo size: PictureSize, window: PixelRectangle, mirrored: Bool = false,
    _ body: (_ y: Int, _ line: UnsafePointer<UInt8>, _ stride: Int) -> Void
  ) {
    columns.set(from: picture.width, to: size.width, window: window.x..<(window.x + window.width), reversed: mirrored)
    rows.set(from: picture.height, to: size.height, window: window.y..<(window.y + window.height))
    let stride = (window.width + 15) / 16 * 16
    grow(&middle, to: (rows.inputs.count + 15) / 16 * 16 * 3 * stride)
    grow(&scratch, to: columns.inputs.count * 48 + 256)
    grow(&line, to: 3 * stride)
    picture.pixels.withUnsafeBufferPointer { pixels in
      columns.starts.withUnsafeBufferPointer { starts in
        columns.weights.withUnsafeBufferPointer { weights in
          var filter = kernels_resampling(
            outputs: Int32(window.width), taps: Int32(columns.taps), first: Int32(columns.inputs.lowerBound),
            end: Int32(columns.inputs.upperBound), starts: starts.baseAddress, weights: weights.baseAddress)
          kernels_resample_rows(
            &middle, pixels.baseAddress! + rows.inputs.lowerBound * picture.width * 3, picture.width * 3,
            Int32(rows.inputs.count), &filter, &scratch)
        }
      }
    }
    for y in 0..<window.height {
      let first = (Int(rows.starts[y]) - rows.inputs.lowerBound) * 3 * stride
      line.withUnsafeMutableBufferPointer { line in
        middle.withUnsafeBufferPointer { middle in
          rows.weights.withUnsafeBufferPointer { weights in
            kernels_resample_columns(
              line.baseAddress, middle.baseAddress! + first, 3 * stride, weights.baseAddress! + y * rows.taps,
              Int32(rows.taps))
          }
        }
        body(y, line.baseAddress!, stride)
      }
    }
  }

  private func grow(_ buffer: inout [UInt8], to count: Int) {
    if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
  }
}

extension Picture {
  /// The picture at another size; see `Resizer`. For an equal size it is the same picture.
  ///
  /// - Throws: `ImageError` for a size below 1 or above `PictureDecoder.maximumPixels`.
  public func resized(width newWidth: Int, height newHeight: Int) throws(ImageError) -> Picture {
    guard newWidth > 0, newHeight > 0, newWidth <= PictureDecoder.maximumPixels / newHeight else {
      throw ImageError(.invalidSize, "cannot resize \(width)×\(height) to \(newWidth)×\(newHeight)")
    }
    let size = PictureSize(width: newWidth, height: newHeight)
    if size == self.size { return self }
    return Picture(width: newWidth, height: newHeight) { target in
      let whole = PixelRectangle(x: 0, y: 0, width: newWidth, height: newHeight)
      Resizer().forEachRow(of: self, resizedTo: size, window: whole) { y, line, stride in
        let row = target.baseAddress! + y * newWidth * 3
        for x in 0..<newWidth {
          row[3 * x] = line[x]
          row[3 * x + 1] = line[stride + x]
          row[3 * x + 2] = line[2 * stride + x]
        }
      }
    }
  }

  /// The picture with its shorter side at `side` and the longer one in proportion, rounded.
  public func resized(shorterSide side: Int) throws(ImageError) -> Picture {
    let size = try size.scaled(shorterSide: side)
    return try resized(width: size.width, height: size.height)
  }
}
