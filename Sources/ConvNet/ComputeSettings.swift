/// The backend, precision and threads of a plan: everything that doesn't change what the plan means.
public struct ComputeSettings: Sendable {
  public var backend: BackendChoice
  public var precision: Precision
  /// How 3×3 convolutions are computed, where the backend has a choice.
  public var convolution: ConvolutionAlgorithm
  public var team: ThreadTeam

  public init(
    backend: BackendChoice = .auto, precision: Precision = .float32, convolution: ConvolutionAlgorithm = .auto,
    team: ThreadTeam = ThreadTeam()
  ) {
    self.backend = backend
    self.precision = precision
    self.convolution = convolution
    self.team = team
  }
}

extension Plan {
  /// The plan of a network for a batch size and a purpose.
  public convenience init(_ parameters: ParameterStore, batch: Int, purpose: Purpose, compute: ComputeSettings) throws {
    try self.init(
      parameters, batch: batch, purpose: purpose, backend: compute.backend, precision: compute.precision,
      convolution: compute.convolution, team: compute.team)
  }
}
