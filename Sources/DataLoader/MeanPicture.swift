import Cluster
import DataSets
import Files
import Images
import Synchronization
import Threads

/// Sums over training pictures, from which the mean picture and the colour axes are computed.
///
/// Only sums of whole numbers are kept, as Double. They are exact up to 2⁵³, which the sums of 1.3 million pictures with crops of
/// 256 pixels stay below. So the result depends neither on the order of the pictures nor on how they are dealt out to the ranks.
/// Every rank adds its share; the caller sums `sums` over the ranks, and gives the total to `MeanPicture(sums:crop:)`.
public struct MeanAccumulator: Sendable {
  public let crop: Int
  /// [3·crop·crop pixel sums (C, H, W), 6 sums of colour products (rr, rg, rb, gg, gb, bb), the number of pictures].
  public private(set) var sums: [Double]

  /// - Parameter crop: The side of the net's input in pixels.
  public init(crop: Int) {
    precondition(crop > 0, "a crop of \(crop) pixels")
    self.crop = crop
    sums = [Double](repeating: 0, count: 3 * crop * crop + 7)
  }

  public var count: Int { Int(sums[sums.count - 1]) }

  /// Adds the centre crop of a resized picture.
  ///
  /// - Throws: `ImageError` if the picture is smaller than the crop.
  public mutating func add(_ picture: Picture) throws(ImageError) {
    let (left, top) = (picture.width - crop, picture.height - crop)
    guard left >= 0, top >= 0 else {
      throw ImageError(.invalidSize, "cannot take the centre \(crop)×\(crop) of a picture of \(picture.width)×\(picture.height)")
    }
    let plane = crop * crop
    var products = (0, 0, 0, 0, 0, 0)
    sums.withUnsafeMutableBufferPointer { sums in
      picture.pixels.withUnsafeBufferPointer { pixels in
        for y in 0..<crop {
          var from = ((top / 2 + y) * picture.width + left / 2) * 3
          var to = y * crop
          for _ in 0..<crop {
            let (red, green, blue) = (Int(pixels[from]), Int(pixels[from + 1]), Int(pixels[from + 2]))
            sums[to] += Double(red)
            sums[to + plane] += Double(green)
            sums[to + 2 * plane] += Double(blue)
            products.0 += red * red
            products.1 += red * green
            products.2 += red * blue
            products.3 += green * green
            products.4 += green * blue
            products.5 += blue * blue
            from += 3
            to += 1
          }
        }
      }
      let tail = [products.0, products.1, products.2, products.3, products.4, products.5, 1]
      for (index, value) in tail.enumerated() { sums[3 * plane + index] += Double(value) }
    }
  }

  /// Adds the sums of another accumulator with the same crop.
  public mutating func add(_ other: MeanAccumulator) {
    precondition(crop == other.crop, "sums over crops of \(other.crop) added to crops of \(crop)")
    for index in sums.indices { sums[index] += other.sums[index] }
  }
}

extension MeanAccumulator {
  /// Sums over the pictures `share` of a source; bad files are recorded and left out.
  ///
  /// - Parameter progress: Called with the number of finished pictures, by any of the threads, one at a time.
  /// - Throws: `DataError` if there are more bad files than the report allows.
  public init(
    of source: any PictureSource, share: Range<Int>, threads: Int, badFiles: BadFileReport,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(DataError) {
    // Works in pieces of a few dozen pictures, with one decoder and one accumulator each: so the last thread isn't much later
    // than the others.
    let piece = 64
    let pieces = (share.count + piece - 1) / piece
    let crop = source.geometry.crop
    let total = Mutex((sums: MeanAccumulator(crop: crop), done: 0))
    try forEachInParallel(0..<pieces, threads: threads) { number throws(DataError) in
      let indices = (share.lowerBound + number * piece)..<min(share.lowerBound + (number + 1) * piece, share.upperBound)
      var own = MeanAccumulator(crop: crop)
      let decoder = try PictureDecoder.ofLoader()
      for index in indices {
        try own.add(source, index, decoder, badFiles)
        Activity.advance()
      }
      total.withLock {
        $0.sums.add(own)
        $0.done += indices.count
        progress($0.done, share.count)
      }
    }
    self = total.withLock { $0.sums }
  }

  private mutating func add(
    _ source: any PictureSource, _ index: Int, _ decoder: PictureDecoder, _ badFiles: BadFileReport
  ) throws(DataError) {
    let picture: Picture
    do throws(ImageError) {
      picture = try source.picture(at: index, decoder: decoder).resized()
    } catch  where error.kind == .leftOut {
      return
    } catch {
      if let problem = DataError(notOfThePicture: error) { throw problem }
      badFiles.record(path: source.name(at: index), reason: error.description)
      if let excess = badFiles.excess { throw excess }
      return
    }
    do throws(ImageError) {
      try add(picture)
    } catch {
      throw DataError(.badPictures, "\(source.name(at: index)): \(error.description)")
    }
  }
}

/// The mean over the centre crops of the training pictures, which is subtracted from every input, and the variation of their
/// colours.
///
/// It depends only on the pictures, the shorter side and the crop.
public struct MeanPicture: Sendable, Equatable {
  public let crop: Int
  /// [3, crop, crop], RGB, 0–255.
  public let values: [Float]
  /// The principal axes of the pixels' colours, each as long as the standard deviation along it, RGB 0–255, the longest first.
  public let colourAxes: [SIMD3<Float>]
  /// [3, 3]: the covariance of the pixels' colours; empty if only the axes are known.
  public let colourCovariance: [Float]

  package init(crop: Int, values: [Float], colourAxes: [SIMD3<Float>]) {
    precondition(values.count == 3 * crop * crop, "\(values.count) values for a crop of \(crop)")
    (self.crop, self.values, self.colourAxes) = (crop, values, colourAxes)
    colourCovariance = []
  }

  /// - Parameter sums: The values of `MeanAccumulator.sums`, added up over all ranks.
  /// - Throws: `DataError` if no picture was added.
  public init(sums: [Double], crop: Int) throws(DataError) {
    precondition(sums.count == 3 * crop * crop + 7, "\(sums.count) sums for a crop of \(crop)")
    let plane = crop * crop
    let pictures = sums[sums.count - 1]
    guard pictures > 0 else { throw DataError(.badPictures, "the mean picture needs at least one readable training picture") }
    self.crop = crop
    values = sums[0..<(3 * plane)].map { Float($0 / pictures) }

    let pixels = pictures * Double(plane)
    let mean = (0..<3).map { sums[($0 * plane)..<(($0 + 1) * plane)].reduce(0, +) / pixels }
    let products = sums[(3 * plane)...].map { $0 / pixels }
    let place = [[0, 1, 2], [1, 3, 4], [2, 4, 5]]
    let covariance = (0..<3).map { row in (0..<3).map { products[place[row][$0]] - mean[row] * mean[$0] } }
    colourCovariance = covariance.flatMap { $0.map { Float($0) } }
    colourAxes = principalAxes(covariance)
  }

  /// The mean colour, RGB 0–255: for nets that subtract a colour instead of a picture.
  public var colour: SIMD3<Float> {
    let plane = crop * crop
    let means = (0..<3).map { channel in
      Float(values[(channel * plane)..<((channel + 1) * plane)].reduce(0.0) { $0 + Double($1) } / Double(plane))
    }
    return SIMD3(means[0], means[1], means[2])
  }
}

/// The eigenvectors of a symmetric 3×3 matrix, each times the square root of its eigenvalue, in the order of decreasing
/// eigenvalues. The largest component of each is positive. Source: cyclic Jacobi rotations, Golub & Van Loan, *Matrix
/// Computations*, 8.5.
func principalAxes(_ matrix: [[Double]]) -> [SIMD3<Float>] {
  var a = matrix
  var vectors = [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]]
  for _ in 0..<30 {
    for (p, q) in [(0, 1), (0, 2), (1, 2)] where a[p][q] != 0 {
      let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
      let t = (theta < 0 ? -1.0 : 1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
      let c = 1 / (t * t + 1).squareRoot()
      let s = t * c
      for k in 0..<3 { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
      for k in 0..<3 { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
      for k in 0..<3 {
        (vectors[k][p], vectors[k][q]) = (c * vectors[k][p] - s * vectors[k][q], s * vectors[k][p] + c * vectors[k][q])
      }
    }
  }
  return (0..<3).sorted { a[$0][$0] > a[$1][$1] }.map { axis in
    let length = max(0, a[axis][axis]).squareRoot()
    let column = (0..<3).map { vectors[$0][axis] }
    let sign = (column.max { abs($0) < abs($1) } ?? 1) < 0 ? -1.0 : 1.0
    return SIMD3(Float(column[0] * length * sign), Float(column[1] * length * sign), Float(column[2] * length * sign))
  }
}
