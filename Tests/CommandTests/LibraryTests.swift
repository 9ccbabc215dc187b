import Foundation
import HDF5
import Images
import TestSupport
import Testing

/// The programs of docs/library.md, which see of the modules only what is public.
@Suite("Programs of one's own")
struct LibraryTests {
  @Test("a small net learns made-up pictures in a loop of one's own")
  func training() throws {
    let run = try runTool("train-a-net")
    try #require(run.exitCode == 0, "\(run)")
    let losses = run.output.split(separator: "\n").compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
    // ln 4 = 1.39 is chance; 0.45 was seen, with one thread and two.
    #expect(losses.count == 6 && losses.last! < 0.8, "\(run)")
  }

  @Test("the map of a picture file is that of the job, bit for bit")
  func map() throws {
    let tiny = try TinyData()
    let (net, picture) = try trained(tiny)
    let own = try runTool("map-of-a-picture", [net, picture, tiny.folder.path("map")])
    try #require(own.exitCode == 0, "\(own)")
    let job = try runTool(
      "deepinside",
      [
        "saliency", "--checkpoint", net, "--images", picture, "--output", tiny.folder.path("maps"), "--method", "gradient",
        "--crops", "1",
      ])
    try #require(job.exitCode == 0, "\(job)")
    let name = URL(fileURLWithPath: picture).deletingPathExtension().lastPathComponent
    let expected = try HDF5File.open(at: tiny.folder.path("maps/\(name).h5")).readFloats("/map").values
    let found = try Data(contentsOf: URL(fileURLWithPath: tiny.folder.path("map")))
    #expect(!expected.isEmpty && expected.withUnsafeBytes { Data($0) } == found)
  }

  @Test("a class model is a picture, and methods and regularisers of one's own take part")
  func ownParts() throws {
    let tiny = try TinyData()
    let (net, picture) = try trained(tiny)
    let model = try runTool("draw-a-class", [net, "s00000001", tiny.folder.path("model.png")])
    try #require(model.exitCode == 0, "\(model)")
    #expect(try Picture(contentsOf: tiny.folder.path("model.png")).size == PictureSize(width: 32, height: 32))
    let own = try runTool("own-method", [net, picture])
    #expect(own.exitCode == 0 && own.output.contains("the strongest pixel has") && own.output.contains("is symmetric"), "\(own)")
  }

  /// A checkpoint after two updates, and a validation picture.
  private func trained(_ tiny: TinyData) throws -> (net: String, picture: String) {
    let run = try runTool("deepinside", tiny.training("run", steps: 2))
    try #require(run.exitCode == 0, "\(run)")
    let folder = tiny.data + "/val/s00000001"
    let picture = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).min())
    return (tiny.newest("run"), folder + "/" + picture)
  }
}
