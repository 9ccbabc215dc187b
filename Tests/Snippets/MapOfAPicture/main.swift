// The saliency map of a picture file, as `deepinside saliency --method gradient --crops 1` makes it, bit for bit:
// map-of-a-picture CHECKPOINT PICTURE MAP. MAP receives [H, W] little-endian float32.
import Attribution
import Checkpoint
import ConvNet
import Data
import Files
import Foundation
import Images

func stop(_ text: String) -> Never {
  print(text)
  exit(2)
}

let arguments = CommandLine.arguments
guard arguments.count == 4 else { stop("usage: map-of-a-picture CHECKPOINT PICTURE MAP") }
let checkpoint = try Checkpoint.read(arguments[1])
guard let input = checkpoint.contents.inputSpec else { stop("\(arguments[1]) takes no RGB pictures") }
let picture = try input.geometry.prepare(contentsOf: FileName(arguments[2]), decoder: PictureDecoder())
let place = input.geometry.places(.centre, in: picture.size)[0]
let images = try Tensor(count: 1, shape: checkpoint.contents.network.input)
_ = images[0].update(fromContentsOf: input.geometry.input(picture, at: place, mean: input.mean))
let method = try SaliencyMethods.make("gradient", for: checkpoint.contents.network)
let map = try SaliencyMapper(checkpoint.store, method: method, batch: 1).maps(of: images, classes: [nil])[0]
try map.map.withUnsafeBytes { try Foundation.Data($0).write(to: URL(fileURLWithPath: arguments[3])) }
print("\(input.classes[map.classIndex]): score \(map.score), posterior \(map.posterior), \(map.size)")
