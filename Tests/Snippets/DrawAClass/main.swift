// The picture that a trained net finds most typical of a class, as a PNG: draw-a-class CHECKPOINT WNID PICTURE.png
import Attribution
import Checkpoint
import Foundation
import Images

func stop(_ text: String) -> Never {
  print(text)
  exit(2)
}

let arguments = CommandLine.arguments
guard arguments.count == 4 else { stop("usage: draw-a-class CHECKPOINT WNID PICTURE.png") }
let checkpoint = try Checkpoint.read(arguments[1])
guard let input = checkpoint.contents.inputSpec, let index = input.classes.firstIndex(of: arguments[2]) else {
  stop("\(arguments[1]) takes no RGB pictures, or knows no class \(arguments[2])")
}
let options = ClassModelOptions.regularised(side: input.geometry.width, iterations: 100)
let ascent = try ClassModelAscent(checkpoint.store, mean: input.mean, colourAxes: input.colourAxes, options: options, batch: 1)
guard let model = try ascent.run(classes: [index])?.first else { stop("stopped") }
let (width, height) = (input.geometry.width, input.geometry.height)
try Picture(planes: zip(model.image, input.mean).map(+), width: width, height: height).writePNG(to: arguments[3])
print("\(arguments[2]): score \(model.score), posterior \(model.posterior)")
