import ConvNet
import Foundation

/// Reads a network of MatConvNet, such as `imagenet-vgg-f.mat`: a cell array `layers`, with classes and mean in `meta`, or, in
/// files from before 2015, beside `layers`.
///
/// Arrays are [H, W, C, N] over RGB, where H runs fastest. LRN's parameters are [size, k, alpha, beta], where alpha is the factor
/// of each term, as in this program; a fully connected layer is a convolution that covers its whole input. Source:
/// vlfeat.org/matconvnet, vl_simplenn, vl_nnnormalize.
struct MatConvNetModel {
  private let path: String
  private var shape: Shape
  private var imported: ImportedNetwork

  static func read(_ path: String, side: Int?) throws(InterchangeError) -> ImportedNetwork {
    let file = try MatlabFile(path)
    guard let layers = file.variables["layers"]?.cells else {
      let names = file.variables.keys.sorted().joined(separator: ", ")
      throw .badData(path, "expected a network of MatConvNet with a cell array 'layers', found the variables \(names)")
    }
    var model = try MatConvNetModel(file, path: path, side: side)
    for layer in layers { try model.add(layer) }
    return model.imported
  }

  private init(_ file: MatlabFile, path: String, side: Int?) throws(InterchangeError) {
    self.path = path
    imported = ImportedNetwork(name: ((path as NSString).lastPathComponent as NSString).deletingPathExtension, layers: [])
    let meta = file.variables["meta"]?.records?.first ?? file.variables
    let normalization = meta["normalization"]?.records?.first ?? [:]
    if case .numbers(let mean) = normalization["averageImage"] { imported.mean = try Self.mean(mean, path) }
    let size = normalization["imageSize"]?.doubles?.first.flatMap { abs($0) < 1e6 ? Int($0) : nil }
    let meanSide = imported.mean.flatMap { $0.shape.area > 1 ? $0.shape.height : nil }
    guard let side = side ?? size ?? meanSide else {
      throw .badData(path, "it doesn't say the size of its input (meta.normalization.imageSize); give --crop")
    }
    imported.side = side
    shape = Shape(channels: 3, height: side, width: side)
    let classes = meta["classes"]?.records?.first
    imported.classes = classes?["name"]?.cells?.compactMap(\.text) ?? []
    imported.classNames = classes?["description"]?.cells?.compactMap(\.text) ?? imported.classes
  }

  /// Converts a mean picture [H, W, 3], or a mean colour, to [3, H, W].
  private static func mean(_ mean: MatlabNumbers, _ path: String) throws(InterchangeError) -> (values: [Float], shape: Shape) {
    // A colour may be a column or a row.
    let dimensions = mean.count == 3 ? [1, 1, 3] : mean.dimensions
    guard dimensions.count == 3, dimensions[2] == 3 else {
      throw .badData(path, "averageImage is \(mean.dimensions), expected [height, width, 3]")
    }
    let (height, width) = (dimensions[0], dimensions[1])
    let source = mean.floats
    var values: [Float] = []
    for channel in 0..<3 {
      for y in 0..<height {
        for x in 0..<width { values.append(source[y + height * (x + width * channel)]) }
      }
    }
    return (values, Shape(channels: 3, height: height, width: width))
  }

  private mutating func add(_ value: MatlabValue) throws(InterchangeError) {
    guard let fields = value.records?.first, let type = fields["type"]?.text else {
      throw .badData(path, "layer \(imported.layers.count + 1) is no struct with a 'type'")
    }
    let name = String((fields["name"]?.text ?? "\(type)\(imported.layers.count + 1)").map { $0 == "/" ? "_" : $0 })
    func problem(_ text: String) -> InterchangeError { .badData(path, "layer '\(name)': \(text)") }
    func numbers(_ field: String, _ fallback: [Int]) -> [Int] {
      fields[field]?.doubles?.map { $0.isFinite && abs($0) < 1e9 ? Int($0) : -1 } ?? fallback
    }
    func single(_ field: String, _ fallback: Int) throws(InterchangeError) -> Int {
      let values = numbers(field, [fallback])
      guard let first = values.first, Set(values).count == 1 else { throw problem("\(field) \(values), expected one number") }
      return first
    }
    var layer: ImportedLayer
    switch type {
    case "conv":
      let blobs = fields["weights"]?.cells ?? [fields["filters"] ?? .other, fields["biases"] ?? .other]
      guard case .numbers(let filters) = blobs.first ?? .other else { throw problem("it has no weights") }
      layer = try convolution(
        filters, name: name, stride: single("stride", 1), padding: single("pad", 0), problem)
      layer.biases = blobs.count > 1 ? blobs[1].doubles?.map(Float.init) ?? [] : []
      if layer.biases.isEmpty {
        layer.biases = [Float](repeating: 0, count: filters.dimensions.count > 3 ? filters.dimensions[3] : 1)
      }
    case "relu": layer = ImportedLayer(name: name, layer: .relu(ReLU()))
    case "lrn", "normalize":
      guard let parameters = fields["param"]?.doubles, parameters.count == 4, (1...1e6).contains(parameters[0]) else {
        throw problem("expected param = [size, k, alpha, beta]")
      }
      layer = ImportedLayer(
        name: name,
        layer: .localResponseNormalization(
          LocalResponseNormalization(
            size: Int(parameters[0]), k: Float(parameters[1]), alpha: Float(parameters[2]), beta: Float(parameters[3]))))
    case "pool":
      guard (fields["method"]?.text ?? "max") == "max" else { throw problem("its method is not max") }
      let pooling = MaxPooling(window: try single("pool", 0), stride: try single("stride", 1))
      try check(pooling, padding: numbers("pad", [0]), problem)
      layer = ImportedLayer(name: name, layer: .maxPooling(pooling))
    case "dropout":
      layer = ImportedLayer(name: name, layer: .dropout(Dropout(probability: Float(fields["rate"]?.number ?? 0.5))))
    case "softmax", "softmaxloss": return
    default: throw problem("layers of type '\(type)' are unknown to deepinside")
    }
    do throws(NetworkError) {
      shape = try layer.layer.layer.outputShape(for: shape)
    } catch { throw problem(error.description) }
    imported.layers.append(layer)
  }

  /// A convolution, or a fully connected layer when its filters cover the whole input.
  private func convolution(
    _ filters: MatlabNumbers, name: String, stride: Int, padding: Int, _ problem: (String) -> InterchangeError
  ) throws(InterchangeError) -> ImportedLayer {
    // MATLAB leaves out trailing dimensions of 1.
    let sizes = filters.dimensions + [Int](repeating: 1, count: max(0, 4 - filters.dimensions.count))
    let (height, width, channels, count) = (sizes[0], sizes[1], sizes[2], sizes[3])
    guard sizes.count == 4, height == width, channels == shape.channels else {
      throw problem(
        "filters \(sizes), expected [side, side, \(shape.channels), filters]: groups and oblong filters are unknown to deepinside"
      )
    }
    let isFull = padding == 0 && height == shape.height && width == shape.width
    let source = filters.floats
    var weights = [Float](repeating: 0, count: source.count)
    var index = 0
    for filter in 0..<count {
      for channel in 0..<channels {
        for y in 0..<height {
          for x in 0..<width {
            weights[index] = source[y + height * (x + width * (channel + channels * filter))]
            index += 1
          }
        }
      }
    }
    let layer: AnyLayer =
      isFull
      ? .fullyConnected(FullyConnected(outputs: count))
      : .convolution(Convolution(filters: count, kernel: height, stride: stride, padding: padding))
    return ImportedLayer(name: name, layer: layer, weights: weights)
  }

  /// Checks a pooling layer. MatConvNet rounds the output's size down; its padding [top bottom left right] must give the size
  /// that rounding up gives here, and may be only at the bottom and on the right.
  private func check(
    _ pooling: MaxPooling, padding: [Int], _ problem: (String) -> InterchangeError
  ) throws(InterchangeError) {
    let pad = padding.count == 1 ? [Int](repeating: padding[0], count: 4) : padding
    guard pad.count == 4, pooling.window > 0, pooling.stride > 0 else {
      throw problem("pad \(padding), expected one number or four")
    }
    let (top, bottom, left, right) = (pad[0], pad[1], pad[2], pad[3])
    let height = (shape.height + top + bottom - pooling.window) / pooling.stride + 1
    let width = (shape.width + left + right - pooling.window) / pooling.stride + 1
    let own = try? pooling.outputShape(for: shape)
    guard top == 0, left == 0, own?.height == height, own?.width == width else {
      throw problem(
        "pad \(padding) gives an output of \(height)×\(width), deepinside's pooling of \(shape) \(own?.description ?? "none")")
    }
  }
}
