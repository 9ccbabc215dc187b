import Images
import Segmentation
import Testing

@testable import Visualize

@Suite("Pictures of seeds")
struct SeedPictureTests {
  @Test("show the object's seeds in orange and the background's in blue over the picture in grey")
  func colours() {
    let picture = Picture(width: 3, height: 1, pixels: [90, 90, 90, 90, 90, 90, 255, 0, 0])
      .seeded([.foreground, .probableBackground, .unknown])
    // A third of the grey and two of the colour; elsewhere the brightness, 0.299 of the red.
    #expect(picture.pixels == [200, 110, 30, 50, 96, 200, 76, 76, 76])
  }
}
