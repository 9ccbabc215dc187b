import ConvNet

/// How the pictures of class models are made: two modes, each a set of numbers for one and the same ascent.
///
/// Steps and the L2 weight are relative to the gradient, whose size differs from net to net by orders of magnitude:
/// numbers that work for one net work for another **[ours; the paper gives none]**.
public struct ClassModelOptions: Sendable, Hashable, Codable {
  public enum Mode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Simonyan et al. 2013 §2 to the letter: zero start, L2 term, plain gradient ascent.
    case paper
    /// Decay, blur, jitter and clipping instead of the L2 term (Yosinski et al. 2015 §3, and practice since).
    case regularised
  }

  public var mode: Mode
  public var iterations: Int
  /// The root-mean-square of the first step, in grey levels (of 255).
  public var step: Float
  /// The same of the last step; in between it changes linearly.
  public var finalStep: Float
  /// λ of S_c(I) − λ‖I‖² in units of RMS(∂S_c/∂I at the zero picture) / grey level, see `lambda(gradientRMS:)`.
  public var regularisation: Float
  /// The part of the picture that is taken away in every iteration.
  public var decay: Float
  /// The deviation of the Gaussian blur in the first iteration, in pixels.
  public var blur: Float
  /// The same in the last; in between it changes linearly.
  public var finalBlur: Float
  /// The blur comes every so many iterations.
  public var blurInterval: Int
  /// The picture enters the net shifted by up to so many pixels both ways, at random.
  public var jitter: Int
  /// Whether mean + I is kept within 0 … 255.
  public var clips: Bool
  /// Of the jitter.
  public var seed: UInt64

  /// The paper's objective by plain gradient ascent; no randomness.
  ///
  /// **[ours]** 200 steps whose size falls linearly from 1 grey level (RMS) to none: a step of constant size would never
  /// settle. λ of 0.0125: were the score linear, the optimum w / 2λ would have an RMS of 1 / (2 · 0.0125) = 40 grey levels.
  public static func paper(iterations: Int = 200) -> ClassModelOptions {
    ClassModelOptions(
      mode: .paper, iterations: iterations, step: 1, finalStep: 0, regularisation: 0.0125, decay: 0, blur: 0, finalBlur: 0,
      blurInterval: 1, jitter: 0, clips: false, seed: 0)
  }

  /// Pictures that people recognise more in.
  ///
  /// **[ours]** For an input side of 224: steps of 6 grey levels (RMS), decay 0.02, blur of 1.5 down to 0.6 pixels every 4
  /// iterations, jitter up to 16 pixels, 400 iterations. Jitter is proportional to the side; blur to its square root, because
  /// a smaller net also has a smaller first stride, and its noise finer grain in proportion to the picture.
  public static func regularised(side: Int, iterations: Int = 400, seed: UInt64 = 0) -> ClassModelOptions {
    let scale = Float(side) / 224
    return ClassModelOptions(
      mode: .regularised, iterations: iterations, step: 6, finalStep: 6, regularisation: 0, decay: 0.02,
      blur: 1.5 * scale.squareRoot(), finalBlur: 0.6 * scale.squareRoot(), blurInterval: 4,
      jitter: Int((16 * scale).rounded()), clips: true, seed: seed)
  }

  /// The defaults of a mode for a network, with another number of iterations if given.
  public static func defaults(
    _ mode: Mode, for network: Network, iterations: Int? = nil, seed: UInt64 = 0
  ) -> ClassModelOptions {
    switch mode {
    case .paper: .paper(iterations: iterations ?? 200)
    case .regularised:
      .regularised(side: min(network.input.height, network.input.width), iterations: iterations ?? 400, seed: seed)
    }
  }

  /// λ of a class: relative to the gradient at the zero picture, λ = `regularisation` · RMS(∂S_c/∂I at I = 0).
  ///
  /// So λ has the unit of score per squared grey level, as it must, and the balance of the two terms is the same for a net
  /// whose scores are a thousand times as large. For a linear score the optimum w / 2λ has an RMS of 1 / (2·`regularisation`).
  func lambda(gradientRMS: Float) -> Float { regularisation * gradientRMS }

  /// The step's RMS in iteration t of T: step + (finalStep − step)·t/T.
  func step(at iteration: Int) -> Float { step + (finalStep - step) * Float(iteration) / Float(iterations) }

  /// The blur after iteration t; nil in iterations without one, of which the last is always one: the picture ends sharp.
  func blur(after iteration: Int) -> GaussianBlur? {
    guard blur > 0 || finalBlur > 0, (iteration + 1) % blurInterval == 0, iteration + 1 < iterations else { return nil }
    return GaussianBlur(sigma: blur + (finalBlur - blur) * Float(iteration) / Float(iterations))
  }
}
