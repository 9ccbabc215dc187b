import ConvNet
import Files

/// w = ∂S_c/∂I at the picture, by one backward pass. With other ReLU rules the same pass computes a DeconvNet or guided
/// back-propagation (§4).
///
/// Source: Simonyan et al. 2013 §3.1; Zeiler and Fergus 2013; Springenberg et al. 2014 (guided).
struct Backpropagation: SaliencyMethod {
  let rule: ReLURule

  var parameters: [String: ParameterValue] { ["method": .text(rule.rawValue)] }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) -> Attributions {
    Attributions(.channels, score.gradients(classes: pictures.classes, rule: rule))
  }
}
