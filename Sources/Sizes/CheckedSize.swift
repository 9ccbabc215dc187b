/// Arithmetic on sizes that a user or a file has stated: the result is nil, instead of a trap, if it is no size.
public enum CheckedSize {
  /// The product of sizes; nil if a factor is negative or the product doesn't fit an `Int`. Without factors it is 1.
  ///
  /// A factor of 0 makes the product 0 whatever the others are, as in an array without elements.
  public static func product(_ factors: some Sequence<Int>) -> Int? {
    var result = 1
    var overflows = false
    var isEmpty = false
    for factor in factors {
      if factor < 0 { return nil }
      if factor == 0 { isEmpty = true }
      let product = result.multipliedReportingOverflow(by: factor)
      overflows = overflows || product.overflow
      result = product.partialValue
    }
    return isEmpty ? 0 : overflows ? nil : result
  }

  public static func product(_ factors: Int...) -> Int? { product(factors) }

  /// The sum of sizes; nil if one is negative or nil, or the sum doesn't fit an `Int`.
  public static func sum(_ terms: some Sequence<Int?>) -> Int? {
    var result = 0
    for term in terms {
      guard let term, term >= 0 else { return nil }
      let sum = result.addingReportingOverflow(term)
      if sum.overflow { return nil }
      result = sum.partialValue
    }
    return result
  }

  public static func sum(_ terms: Int?...) -> Int? { sum(terms) }
}

extension Int {
  /// Makes the nearest whole number; nil if the value is NaN, infinite, or beyond what an `Int` holds.
  public init?(checked value: Double) {
    let whole = value.rounded()
    // 2^63 is the first Double that an Int can't hold.
    guard whole >= -0x1p63, whole < 0x1p63 else { return nil }
    self.init(whole)
  }
}
