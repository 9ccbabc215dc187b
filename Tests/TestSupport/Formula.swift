import ConvNet

/// The weights and pictures of the recipes of golden values: scale · (u − 1/2), u being 24 bits of a 32-bit integer hash of (salt, index).
public enum Formula {
  public static func fill(_ values: UnsafeMutableBufferPointer<Float>, salt: UInt32, scale: Float) {
    let start = salt &* 0x85EB_CA6B
    for i in 0..<values.count {
      var h = UInt32(truncatingIfNeeded: i) &* 0x9E37_79B9 &+ start
      h ^= h >> 16
      h = h &* 0x7FEB_352D
      h ^= h >> 15
      h = h &* 0x846C_A68B
      h ^= h >> 16
      values[i] = (Float(h >> 8) * 0x1p-24 - 0.5) * scale
    }
  }

  public static func tensor(count: Int, shape: Shape, salt: UInt32, scale: Float) throws -> Tensor {
    let tensor = try Tensor(count: count, shape: shape)
    fill(tensor.values, salt: salt, scale: scale)
    return tensor
  }

  /// Weights of deviation √(2 / fan-in), biases of ±1/2; the salt is the parameter's place in the net.
  public static func store(_ network: Network, training: Bool) throws -> ParameterStore {
    let store = try ParameterStore(network, training: training)
    for (salt, parameter) in store.parameters.enumerated() {
      let scale = parameter.spec.role == .biases ? 1 : (24 / Double(parameter.spec.fanIn)).squareRoot()
      fill(store.values[parameter.range], salt: UInt32(salt), scale: Float(scale))
    }
    store.valuesChanged()
    return store
  }
}
