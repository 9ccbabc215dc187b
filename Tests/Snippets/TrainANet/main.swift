// Trains a small net on made-up pictures of four classes, without files: ConvNet, Data and DataSets are enough.
import ConvNet
import Learning
import Data
import DataSets

let pictures = try Synthesis(classes: 4, imagesPerClass: 64, side: 64)
let geometry = try InputGeometry(crop: 56, shorterSide: 64)
let network = try Network(
  name: "small", input: Shape(channels: 3, height: 56, width: 56),
  layers: [
    .init(name: "conv1", layer: .convolution(Convolution(filters: 24, kernel: 7, stride: 3))),
    .init(name: "relu1", layer: .relu(ReLU())),
    .init(name: "pool1", layer: .maxPooling(MaxPooling(window: 3, stride: 2))),
    .init(name: "fc2", layer: .fullyConnected(FullyConnected(outputs: 4))),
  ])
let parameters = try ParameterStore(network)
Initialization.he.fill(parameters, seed: 0)

let (batch, team) = (32, ThreadTeam())
let plan = try Plan(parameters, batch: batch, purpose: .training, team: team)
let (images, gradient) = (try Tensor(count: batch, shape: network.input), try Tensor(count: batch, shape: Shape(channels: 4)))
var losses: [Double] = []
let sgd = SGD(pixelDeviation: Initialization.he.pixelDeviation)
for step in 0..<60 {
  let samples = (0..<batch).map { (step * batch + $0) % (4 * 64) }
  for (slot, sample) in samples.enumerated() {
    let picture = try geometry.prepare(pictures.picture(label: sample % 4, number: sample / 4).0)
    let centre = geometry.places(.centre, in: picture.size)[0]
    _ = images[slot].update(
      fromContentsOf: geometry.input(picture, at: centre, mean: [Float](repeating: 128, count: 3 * 56 * 56)))
  }
  let scores = plan.forward(images)
  losses.append(
    samples.map { Int32($0 % 4) }.withUnsafeBufferPointer {
      softmaxCrossEntropy(scores, labels: $0, divisor: batch, gradient: gradient)
    })
  plan.backward(from: gradient)
  sgd.update(parameters, rate: 0.001, team: team)
  if step % 10 == 9 { print("step \(step + 1): mean loss of ten steps \(losses.suffix(10).reduce(0, +) / 10)") }
}
