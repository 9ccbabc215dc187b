import Testing

@testable import Sizes

@Suite struct CheckedSizeTests {
  @Test(
    "A product is a size, or nil where there is none",
    arguments: [
      ([], 1), ([3, 4, 5], 60), ([Int.max, 2], nil), ([-1, 2], nil), ([Int.max, Int.max, 0], 0), ([-1, 0], nil),
      ([Int.max, 1], Int.max),
    ] as [([Int], Int?)])
  func product(factors: [Int], expected: Int?) { #expect(CheckedSize.product(factors) == expected) }

  @Test(
    "A sum is a size, or nil where there is none",
    arguments: [([], 0), ([1, 2], 3), ([Int.max, 1], nil), ([1, nil], nil), ([5, -1], nil)] as [([Int?], Int?)])
  func sum(terms: [Int?], expected: Int?) { #expect(CheckedSize.sum(terms) == expected) }

  @Test(
    "A number of a file is a whole number, or nil where it is none",
    arguments: [(2.4, 2), (-2.5, -3), (.nan, nil), (.infinity, nil), (1e300, nil), (-0x1p63, Int.min), (0x1p63, nil)]
      as [(Double, Int?)])
  func checked(value: Double, expected: Int?) { #expect(Int(checked: value) == expected) }
}
