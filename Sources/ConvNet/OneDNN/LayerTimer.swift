/// Runs instructions and, when on, keeps the time of each layer and pass.
final class LayerTimer {
  /// Turning it on forgets what was measured before.
  var isOn = false {
    didSet { if isOn { times = [] } }
  }
  private(set) var times: [LayerTime] = []

  func run(_ instructions: [Instruction], _ state: PassState) {
    guard isOn else {
      for instruction in instructions { instruction.run(state) }
      return
    }
    let clock = ContinuousClock()
    for instruction in instructions {
      let elapsed = clock.measure { instruction.run(state) }
      let seconds = Double(elapsed.components.seconds) + 1e-18 * Double(elapsed.components.attoseconds)
      if let at = times.firstIndex(where: { $0.layer == instruction.layer && $0.pass == instruction.pass }) {
        times[at].seconds += seconds
        times[at].multiplyAdds += instruction.multiplyAdds
      } else {
        times.append(
          LayerTime(
            layer: instruction.layer, pass: instruction.pass, seconds: seconds, multiplyAdds: instruction.multiplyAdds))
      }
    }
  }
}
