import Images
import Testing

@testable import Data

@Suite("Input geometry")
struct InputGeometryTests {
  @Test("the shorter side keeps the paper's 256 : 224", arguments: [(224, 256), (128, 146), (64, 73), (1, 1), (7, 8)])
  func proportion(_ crop: Int, _ side: Int) throws {
    let geometry = try InputGeometry(crop: crop)
    #expect(geometry.shorterSide == side && geometry.isUsual && geometry.decodedSide == side)
    #expect(try !InputGeometry(crop: crop, shorterSide: side + 1).isUsual)
  }

  @Test("JSON gives the same value back, and its form is fixed")
  func json() throws {
    for geometry in try [
      InputGeometry(crop: 64, shorterSide: 128), InputGeometry(width: 32, height: 48), InputGeometry(crop: 64, packedSide: 256),
    ] {
      #expect(try InputGeometry(json: geometry.json()) == geometry)
    }
    #expect(
      try InputGeometry(crop: 64, shorterSide: 128).json()
        == #"{"height":64,"resampling":"triangle","shorterSide":128,"width":64}"#)
  }

  @Test(
    "what makes no sense is refused in words",
    arguments: [
      #"{"height":64,"resampling":"triangle","shorterSide":63,"width":64}"#,
      #"{"height":64,"resampling":"triangle","shorterSide":1e12,"width":64}"#,
      #"{"height":64,"resampling":"triangle","shorterSide":-9223372036854775808,"width":64}"#,
      #"{"height":0,"resampling":"triangle","shorterSide":63,"width":64}"#,
      #"{"height":64,"resampling":"lanczos","shorterSide":128,"width":64}"#,
      #"{"height":64,"packedSide":0,"resampling":"triangle","shorterSide":128,"width":64}"#,
      #"{"height":9223372036854775807,"resampling":"triangle","shorterSide":128,"width":64}"#, "[]", "", "null",
    ])
  func refused(_ json: String) {
    let error = #expect(throws: InputSpecError.self) { try InputGeometry(json: json) }
    #expect(error?.description.contains("expected") ?? false, "\(error?.description ?? "")")
  }

  @Test("a pack's side counts only where it is above the shorter side")
  func packed() throws {
    let geometry = try InputGeometry(crop: 64, shorterSide: 128)
    #expect(try geometry.packed(at: 128) == geometry && geometry.packed(at: 100) == geometry)
    #expect(try geometry.packed(at: 256).decodedSide == 256)
    #expect(geometry.agrees(withPackAt: 128) && !geometry.agrees(withPackAt: 256))
    #expect(try geometry.packed(at: 256).agrees(withPackAt: 256) && !geometry.packed(at: 256).agrees(withPackAt: 300))
  }

  @Test("a crop that isn't square is the middle of the square that the places are of")
  func oblong() throws {
    let geometry = try InputGeometry(width: 20, height: 32)
    let size = PictureSize(width: 60, height: 37)
    #expect(geometry.places(.centre, in: size) == [CropPlace(x: 14 + 6, y: 2)])
    #expect(geometry.places(.ten, in: size)[1] == CropPlace(x: 6, y: 0))
    #expect(geometry.places(.ten, in: size).allSatisfy { $0.x + 20 <= 60 && $0.y + 32 <= 37 })
  }
}
