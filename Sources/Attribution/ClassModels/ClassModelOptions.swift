import ConvNet

/// How class models are made. There are two modes, each a set of numbers for one and the same ascent, whose parts
/// (parameterisation, transformations, optimiser, regularisers) can be combined freely.
///
/// Steps and the L2 weight are relative to the gradient, whose size differs between nets by orders of magnitude, so that numbers
/// that work for one net work for another **[ours; the paper gives none]**.
public struct ClassModelOptions: Sendable, Hashable, Codable {
  /// The numbers that an ascent changes.
  public enum ParameterisationKind: String, Sendable, Hashable, Codable, CaseIterable {
    case pixels
    /// Waves in decorrelated colours.
    case fourier
  }

  public enum Mode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Simonyan et al. 2013 §2 to the letter: zero start, L2 term, plain gradient ascent.
    case paper
    /// Waves in decorrelated colours, rotation, zoom, jitter, decay and clipping instead of the L2 term (Olah et al. 2017).
    case regularised
  }

  public var mode: Mode
  public var iterations: Int
  public var parameterisation = ParameterisationKind.pixels
  /// The power of the frequency by which waves are divided; for `fourier`.
  public var spectralPower: Float = 1
  /// The number of phases of the ascent, each with finer waves than the one before; for `fourier`.
  public var octaves = 1
  /// The ratio between the highest frequencies of two successive phases.
  public var octaveScale: Float = 1.4
  public var optimiser = Optimiser.gradient
  /// The root-mean-square (RMS) of the first step, in grey levels (of 255).
  public var step: Float
  /// The RMS of the last step; in between it changes linearly.
  public var finalStep: Float
  /// λ of S_c(I) − λ‖I‖² in units of RMS(∂S_c/∂I at the zero picture) / grey level, see `L2Penalty`.
  public var regularisation: Float
  /// The weight of `TotalVariation`.
  public var totalVariation: Float = 0
  /// The fraction of the picture that is subtracted in every iteration.
  public var decay: Float
  /// The deviation of the Gaussian blur in the first iteration, in pixels.
  public var blur: Float
  /// The deviation of the blur in the last iteration; in between it changes linearly.
  public var finalBlur: Float
  /// The number of iterations from one blur to the next.
  public var blurInterval: Int
  /// The picture enters the net shifted at random, by up to so many pixels in both directions.
  public var jitter: Int
  /// The picture enters the net rotated at random, by up to so many degrees either way.
  public var rotation: Float = 0
  /// The picture enters the net enlarged or reduced at random, by up to this factor; 1 for neither.
  public var zoom: Float = 1
  /// True if mean + I is kept within 0 … 255.
  public var clips: Bool
  /// The seed of all random numbers.
  public var seed: UInt64
  /// The number of pictures per class.
  public var samples = 1
  /// How strongly the pictures of one class are made to differ, relative to the objective; see `Diversity`.
  public var diversity: Float = 0.5

  /// The paper's objective by plain gradient ascent, without randomness.
  ///
  /// **[ours]** 200 steps whose RMS falls linearly from 1 grey level to 0, because steps of constant size would never settle. λ
  /// is 0.0125: if the score were linear, the optimum w / 2λ would have an RMS of 1 / (2 · 0.0125) = 40 grey levels.
  public static func paper(iterations: Int = 200) -> ClassModelOptions {
    ClassModelOptions(
      mode: .paper, iterations: iterations, step: 1, finalStep: 0, regularisation: 0.0125, decay: 0, blur: 0, finalBlur: 0,
      blurInterval: 1, jitter: 0, clips: false, seed: 0)
  }

  /// Pictures in which people recognise more.
  ///
  /// **[ours]** Found by experiment (docs/class-models.md): waves weighted by 1/f^1.3, Adam's directions, steps of 1 grey level
  /// (RMS), decay 0.012, jitter up to 16 pixels of an input side of 224, rotation up to 6°, zoom up to 1.15, 250 iterations.
  public static func regularised(side: Int, iterations: Int = 250, seed: UInt64 = 0) -> ClassModelOptions {
    var options = ClassModelOptions(
      mode: .regularised, iterations: iterations, step: 1, finalStep: 1, regularisation: 0, decay: 0.012, blur: 0, finalBlur: 0,
      blurInterval: 4, jitter: Int((16 * Float(side) / 224).rounded()), clips: true, seed: seed)
    (options.parameterisation, options.spectralPower, options.optimiser) = (.fourier, 1.3, .adam)
    (options.rotation, options.zoom) = (6, 1.15)
    return options
  }

  /// The defaults of a mode for a network, optionally with a different number of iterations.
  public static func defaults(
    _ mode: Mode, for network: Network, iterations: Int? = nil, seed: UInt64 = 0
  ) -> ClassModelOptions {
    switch mode {
    case .paper: .paper(iterations: iterations ?? 200)
    case .regularised:
      .regularised(side: min(network.input.height, network.input.width), iterations: iterations ?? 250, seed: seed)
    }
  }

  /// The RMS of the step in iteration t of T: step + (finalStep − step)·t/T.
  func step(at iteration: Int) -> Float { step + (finalStep - step) * Float(iteration) / Float(iterations) }

  /// The principal colour axes of photographs, each as long as its standard deviation. They are those of the ILSVRC training
  /// pictures, for nets without axes of their own.
  ///
  /// Source: eigenvalues and eigenvectors as in Facebook's fb.resnet.torch, after Krizhevsky et al. 2012, 4.1.
  static let colourAxes: [SIMD3<Float>] = [
    SIMD3(-0.5675, -0.5808, -0.5836) * Float(0.2175).squareRoot(), SIMD3(0.7192, -0.0045, -0.6948) * Float(0.0188).squareRoot(),
    SIMD3(0.4009, -0.8140, 0.4203) * Float(0.0045).squareRoot(),
  ]
}

// The parts that the numbers stand for.
extension ClassModelOptions {
  func parameterisation(for network: Network, colourAxes: [SIMD3<Float>]) -> any Parameterisation {
    switch parameterisation {
    case .pixels: PixelParameterisation()
    case .fourier:
      FourierParameterisation(
        shape: network.input, power: spectralPower, colourAxes: colourAxes.count == 3 ? colourAxes : Self.colourAxes,
        octaves: octaves, octaveScale: octaveScale)
    }
  }

  func transformation(iteration: Int, item: Int) -> Transformation {
    Transformation(jitter: jitter, rotation: rotation, zoom: zoom, seed: seed, iteration: iteration, item: item)
  }

  func regularisers(mean: [Float]) -> [any Regulariser] {
    var parts: [any Regulariser] = []
    if regularisation != 0 { parts.append(L2Penalty(weight: regularisation)) }
    if totalVariation != 0 { parts.append(TotalVariation(weight: totalVariation)) }
    if decay != 0 { parts.append(Decay(rate: decay)) }
    if blur > 0 || finalBlur > 0 { parts.append(Blurring(sigma: (blur, finalBlur), interval: blurInterval)) }
    if clips { parts.append(Clipping(mean: mean)) }
    return parts
  }

  /// The term that makes the pictures of one class differ, in the activations of the last convolution; nil if there is one
  /// picture per class, or no convolution.
  func diversity(for network: Network) -> Diversity? {
    let convolutions = network.layers.filter { if case .convolution = $0.layer { true } else { false } }
    guard samples > 1, diversity > 0, let layer = convolutions.last?.name else { return nil }
    return Diversity(layer: layer, weight: diversity)
  }
}
