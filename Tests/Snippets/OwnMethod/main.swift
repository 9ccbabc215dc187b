// A saliency method and a regulariser of one's own: own-method CHECKPOINT PICTURE
import Attribution
import Checkpoint
import ConvNet
import Data
import Files
import Foundation
import Images

/// The gradient times its sign at a picture of half the contrast: what stays when the picture fades.
struct FadedGradient: SaliencyMethod {
  var parameters: [String: ParameterValue] { ["method": .text("faded-gradient")] }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let faded = try Tensor(count: pictures.images.count, shape: pictures.images.shape)
    for (target, value) in zip(faded.values.indices, pictures.images.values) { faded.values[target] = value / 2 }
    _ = score.scores(of: faded)
    return Attributions(.channels, score.gradients(classes: pictures.classes))
  }
}

/// Keeps a picture symmetric: each row is mixed with its mirror image.
struct Symmetry: Regulariser {
  func restrain(
    _ picture: UnsafeMutableBufferPointer<Float>, scratch _: UnsafeMutableBufferPointer<Float>, shape: Shape, iteration _: Int,
    iterations _: Int
  ) {
    for row in stride(from: 0, to: shape.count, by: shape.width) {
      for (left, right) in zip(row..<(row + shape.width / 2), (0..<(row + shape.width)).reversed()) {
        let middle = (picture[left] + picture[right]) / 2
        (picture[left], picture[right]) = (middle, middle)
      }
    }
  }
}

func stop(_ text: String) -> Never {
  print(text)
  exit(2)
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else { stop("usage: own-method CHECKPOINT PICTURE") }
let checkpoint = try Checkpoint.read(arguments[1])
guard let input = checkpoint.contents.inputSpec else { stop("\(arguments[1]) takes no RGB pictures") }
let (geometry, shape) = (input.geometry, checkpoint.contents.network.input)

let picture = try geometry.prepare(contentsOf: FileName(arguments[2]), decoder: PictureDecoder())
let place = geometry.places(.centre, in: picture.size)[0]
let images = try Tensor(count: 1, shape: shape)
_ = images[0].update(fromContentsOf: geometry.input(picture, at: place, mean: input.mean))
let map = try SaliencyMapper(checkpoint.store, method: FadedGradient(), batch: 1).maps(of: images, classes: [nil])[0]
print("\(input.classes[map.classIndex]): the strongest pixel has \(map.map.max() ?? 0)")

let ascent = try ClassModelAscent(
  checkpoint.store, mean: input.mean, options: .paper(iterations: 10), regularisers: [Symmetry()], batch: 1)
guard let model = try ascent.run(classes: [map.classIndex])?.first else { stop("stopped") }
let isSymmetric = model.image.indices.allSatisfy { i in
  model.image[i] == model.image[i / shape.width * shape.width + shape.width - 1 - i % shape.width]
}
print("its class model is \(isSymmetric ? "symmetric" : "crooked")")
