import Checkpoint
import Cluster
import ConvNet
import Foundation
import Images

/// How an imported network does on a few known pictures: wrong channels or a wrong order of the classes show at once.
public struct WeightCheck: Sendable, Hashable {
  /// As the network is.
  public internal(set) var errors = EvaluationResult()
  /// With red and blue exchanged in every picture.
  public internal(set) var exchanged = EvaluationResult()
  /// The share of pictures with their class's most frequent answer, whatever that is.
  public internal(set) var purity = 0.0
  public let outputs: Int

  /// Whether it is no better than answers drawn at random.
  public var isChance: Bool { !Self.isAboveChance(errors, outputs) }

  /// Whether it does clearly better with red and blue exchanged.
  public var isBetterExchanged: Bool {
    exchanged.top1Error < errors.top1Error - 0.1 && Self.isAboveChance(exchanged, outputs)
  }

  /// Whether more pictures are right than random answers would bring, by three standard deviations.
  private static func isAboveChance(_ result: EvaluationResult, _ outputs: Int) -> Bool {
    let share = 1 / Double(max(outputs, 2))
    let expected = Double(result.pictures) * share
    return Double(result.pictures - result.top1Wrong) > expected + 3 * (expected * (1 - share)).squareRoot()
  }

  /// What is probably wrong, as a sentence; nil if nothing seems wrong.
  public var warning: String? {
    if isBetterExchanged {
      return "it does better with red and blue exchanged: the file's channel order is not what the import took it for"
    }
    guard isChance else { return nil }
    // A network that sees well but names badly gives most pictures of a class the same answer.
    return purity > 0.5
      ? "it scores at chance, but gives pictures of one class the same answer: the order of the classes (--synset-words) is wrong"
      : "it scores at chance: the weights, the mean or the channel order are not what the import took them for, or nothing is "
        + "trained"
  }
}

extension WeightCheck {
  /// Classifies the centre crops of up to `pictures` pictures: equally many of each class, in the order of their names.
  ///
  /// - Parameter progress: called with the pictures done and all of them.
  /// - Throws: `DataError`, `JobError` when there are no pictures, or none that can be read.
  public init(
    _ contents: CheckpointContents, _ store: ParameterStore, data root: String, pictures: Int = 200, compute: ComputeSettings,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    outputs = contents.classes.count
    let set = try PictureSet(
      contentsOf: root, classes: zip(contents.classes, contents.classNames).map { ClassID(wnid: $0, name: $1) })
    let split: Split = set.val.isEmpty ? .train : .val
    let chosen = Self.balanced(set.samples(split).map(\.label), atMost: pictures)
    guard !chosen.isEmpty else { throw JobError.badData("\(root) has no pictures to check with") }
    guard let spec = contents.inputSpec else {
      throw JobError.badData("the network takes no RGB pictures, or its mean doesn't fit its input")
    }
    let source = try set.source(split, geometry: spec.geometry)
    let plan = try Plan(store, batch: 1, purpose: .inference, compute: compute)
    let input = try Tensor(count: 1, shape: contents.network.input)
    let decoder = try PictureDecoder()
    var answers: [Int: [Int: Int]] = [:]
    for (number, index) in chosen.enumerated() {
      progress(number, chosen.count)
      guard let picture = try? source.picture(at: index, decoder: decoder) else { continue }
      let label = source.label(at: index)
      let pixels = spec.geometry.input(picture, at: spec.geometry.places(.centre, in: picture.size)[0], mean: nil)
      for isExchanged in [false, true] {
        Self.fill(input, with: pixels, mean: spec.mean, isExchanged: isExchanged)
        let posterior = posteriors(plan.forward(input)[0])
        if isExchanged {
          exchanged.add(posterior: posterior, label: label)
        } else {
          errors.add(posterior: posterior, label: label)
          let answer = posterior.indices.max { posterior[$0] < posterior[$1] } ?? 0
          answers[label, default: [:]][answer, default: 0] += 1
        }
      }
    }
    guard errors.pictures > 0 else { throw JobError.badData("none of \(chosen.count) pictures of \(root) can be read") }
    purity = Double(answers.values.compactMap { $0.values.max() }.reduce(0, +)) / Double(errors.pictures)
    progress(chosen.count, chosen.count)
  }

  /// The numbers of the first pictures of every class, as many of each as go into `count`; where that is below three, five each of some
  /// classes.
  private static func balanced(_ all: [Int], atMost count: Int) -> [Int] {
    // Purity takes several pictures of a class: of many classes some are taken, evenly spread.
    let labels = Set(all).sorted()
    let most = 3 * labels.count <= count ? labels.count : max(1, count / 5)
    let chosen = Set(stride(from: 0, to: labels.count, by: max(1, (labels.count + most - 1) / most)).map { labels[$0] })
    let each = max(1, count / max(1, chosen.count))
    var taken: [Int: Int] = [:]
    return Array(
      all.indices.filter { index in
        guard chosen.contains(all[index]) else { return false }
        taken[all[index], default: 0] += 1
        return taken[all[index], default: 0] <= each
      }.prefix(max(count, 1)))
  }

  /// - Parameter pixels: [3, H, W], RGB 0–255: whole numbers, from which the mean is subtracted as for any input.
  private static func fill(_ input: Tensor, with pixels: [Float], mean: [Float], isExchanged: Bool) {
    let plane = pixels.count / 3
    let values = input.values
    for channel in 0..<3 {
      let from = isExchanged ? 2 - channel : channel
      for index in 0..<plane { values[channel * plane + index] = pixels[from * plane + index] - mean[channel * plane + index] }
    }
  }
}
