/// Measures of how similar two maps are.
package enum MapSimilarity {
  /// Spearman's rank correlation of |a| and |b|, −1 … 1; equal values share their mean rank. NaN if one of the maps is constant.
  package static func spearman(_ a: [Float], _ b: [Float]) -> Double {
    let (x, y) = (ranks(a.map(abs)), ranks(b.map(abs)))
    let mean = Double(a.count + 1) / 2
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for i in x.indices {
      xy += (x[i] - mean) * (y[i] - mean)
      xx += (x[i] - mean) * (x[i] - mean)
      yy += (y[i] - mean) * (y[i] - mean)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : .nan
  }

  /// The rank of each value, from 1.
  private static func ranks(_ values: [Float]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for i in start..<end { ranks[order[i]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  /// The mean structural similarity of two maps, each scaled to 0 … 1 by its least and greatest value: windows of 7×7 that lie
  /// wholly inside, K₁ = 0.01, K₂ = 0.03, sample covariances. NaN for maps smaller than the window.
  ///
  /// Source: Wang et al. 2004, in the form of scikit-image's `structural_similarity`.
  package static func structuralSimilarity(_ a: [Float], _ b: [Float], width: Int) -> Double {
    let window = 7
    let height = a.count / width
    guard width >= window, height >= window else { return .nan }
    let (x, y) = (normalised(a), normalised(b))
    let count = Double(window * window)
    let (c1, c2) = (0.01 * 0.01, 0.03 * 0.03)
    var sum = 0.0
    for top in 0...(height - window) {
      for left in 0...(width - window) {
        var (sx, sy, sxx, syy, sxy) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for row in top..<(top + window) {
          for i in (row * width + left)..<(row * width + left + window) {
            sx += x[i]
            sy += y[i]
            sxx += x[i] * x[i]
            syy += y[i] * y[i]
            sxy += x[i] * y[i]
          }
        }
        let (mx, my) = (sx / count, sy / count)
        let scale = count / (count - 1)
        let (vx, vy, vxy) = (scale * (sxx / count - mx * mx), scale * (syy / count - my * my), scale * (sxy / count - mx * my))
        sum += (2 * mx * my + c1) * (2 * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
      }
    }
    return sum / Double((height - window + 1) * (width - window + 1))
  }

  private static func normalised(_ values: [Float]) -> [Double] {
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    return values.map { high > low ? Double($0 - low) / Double(high - low) : 0 }
  }
}
