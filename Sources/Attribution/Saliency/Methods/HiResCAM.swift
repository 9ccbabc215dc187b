import ConvNet

extension ClassActivationMap {
  /// r_k = ∂S_c/∂A_k ⊙ A_k: gradients aren't averaged over the positions. The ReLU of the sum over channels is taken for the drawing, as
  /// by Grad-CAM.
  ///
  /// Source: Draelos and Carin 2020, *Use HiResCAM instead of Grad-CAM for faithful explanations*, §3.
  static func hiResCAM(_ options: SaliencyMethodOptions, _ network: Network) throws -> Self {
    try Self("hires-cam", options, network) { gradient, activation in { gradient[$0] * activation[$0] } }
  }
}
