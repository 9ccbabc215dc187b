/// The look of a made class: a shape in a colour with a texture, and its name in words.
///
/// The first 60 classes combine 5 shapes, 4 colours and 3 textures, the next 1,227 are the rest of 13 × 11 × 9 combinations, and
/// the others have two colours. So a class means the same whatever the number of classes, and neighbours differ in shape, colour
/// and texture. No class can be recognised by its colour, shape or texture alone: among the first ten classes every shape occurs
/// twice, every colour two or three times, every texture three or four times.
struct SyntheticClass: Sendable, Equatable {
  let shape: SyntheticShape
  let colour: SyntheticColour
  /// The texture's second colour; nil for a darker or lighter tone of the first.
  let second: SyntheticColour?
  let texture: SyntheticTexture

  static let limit = 13 * 11 * 9 + 13 * 11 * 8 * 10

  /// Class number `index`, from 0.
  init(_ index: Int) {
    precondition((0..<Self.limit).contains(index), "made class \(index) of \(Self.limit)")
    let (shapes, colours, textures) = (SyntheticShape.allCases, SyntheticColour.allCases, SyntheticTexture.allCases)
    // The moduli have no common divisor, so the index modulo each of them runs through every combination once.
    if index < 60 {
      (shape, colour, texture, second) = (shapes[index % 5], colours[index % 4], textures[index % 3], nil)
    } else if index < 13 * 11 * 9 {
      let place = Self.places[index - 60]
      (shape, colour, texture, second) = (shapes[place % 13], colours[place % 11], textures[place % 9], nil)
    } else {
      let rest = index - 13 * 11 * 9
      (shape, colour, texture) = (shapes[rest % 13], colours[rest % 11], textures.filter { $0 != .solid }[rest % 8])
      second = colours[(rest % 11 + 1 + rest / (13 * 11 * 8)) % 11]
    }
  }

  /// The indices of those of the 13 × 11 × 9 combinations that aren't among the first 60 classes, from the first one that differs
  /// from class 59 in everything.
  private static let places = ((5..<(13 * 11 * 9)) + [3, 4]).filter { $0 % 13 >= 5 || $0 % 11 >= 4 || $0 % 9 >= 3 }

  /// The name, such as "red striped star".
  var name: String {
    let colours = second.map { "\(colour.rawValue) and \($0.rawValue)" } ?? colour.rawValue
    return [colours, texture.rawValue, shape.rawValue].filter { !$0.isEmpty }.joined(separator: " ")
  }
}

enum SyntheticColour: String, CaseIterable, Sendable {
  case red, blue, yellow, green
  case purple, orange, turquoise, pink, white, brown, grey

  /// The colour as RGB 0–255.
  var rgb: SIMD3<Float> {
    switch self {
    case .red: [222, 40, 36]
    case .green: [46, 160, 56]
    case .blue: [40, 84, 214]
    case .yellow: [246, 206, 36]
    case .purple: [128, 50, 172]
    case .orange: [246, 132, 28]
    case .turquoise: [36, 190, 186]
    case .pink: [246, 130, 182]
    case .white: [244, 244, 240]
    case .brown: [122, 76, 40]
    case .grey: [128, 132, 136]
    }
  }

  /// The tone that a texture puts beside the colour: a light one beside dark colours, a dark one beside light colours.
  var tone: SIMD3<Float> {
    let luminance = (rgb * SIMD3(0.299, 0.587, 0.114)).sum()
    return luminance > 118 ? rgb * 0.34 : rgb + (SIMD3(repeating: 255) - rgb) * 0.68
  }
}

/// A texture, as a function of the place in an object of radius 1.
enum SyntheticTexture: String, CaseIterable, Sendable {
  case solid = ""
  case striped, dotted
  case checked, ringed, wavy, split, rayed, speckled
}

/// A shape within a circle of radius 1.
enum SyntheticShape: String, CaseIterable, Sendable {
  case star, ring, triangle, cross, crescent
  case heart, square, arrow, disc, flower, gear, bolt, dome
}
