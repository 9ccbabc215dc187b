extension GridGraph {
  /// Sends flow along straight lines, once in each of the 8 directions: flow that the pixels of a line can get from the source
  /// goes to pixels further on with remaining capacity to the sink, as far as the line can carry it.
  ///
  /// This takes two passes over the pixels per direction, and leaves much less for the search, which pays for every step of every
  /// path that it fills. In pictures most of these paths would be long.
  func sweep() { for direction in [4, 3, 6, 1, 7, 0, 5, 2] { sweep(direction) } }

  /// - Note: `distance` and `time` are zero before and after. In between they are scratch memory: what can be sent on from a
  ///   pixel in this direction, and what has just arrived there.
  private func sweep(_ direction: Int) {
    let step = offsets[direction]
    let (capacity, arrived) = (distance, time)
    let inside = (stride + 1)...(count - stride - 2)

    @inline(__always)
    func measure(_ pixel: Int) {
      let next = pixel &+ step
      let room = max(0, 0 &- terminal[next]) &+ capacity[next]
      capacity[pixel] = min(residual[pixel &* 8 &+ direction], room, Self.largestCapacity)
    }

    var sent = 0
    @inline(__always)
    func send(_ pixel: Int) {
      var amount = arrived[pixel]
      arrived[pixel] = 0
      let own = terminal[pixel]
      if own < 0 {
        let taken = min(amount, 0 &- own)
        terminal[pixel] = own &+ taken
        sent &+= Int(taken)
        amount &-= taken
      } else {
        let more = min(own, capacity[pixel] &- amount)
        terminal[pixel] = own &- more
        amount &+= more
      }
      capacity[pixel] = 0
      guard amount > 0 else { return }
      let next = pixel &+ step
      residual[pixel &* 8 &+ direction] &-= amount
      residual[next &* 8 &+ 7 &- direction] &+= amount
      arrived[next] = amount
    }

    if step > 0 {
      for pixel in inside.reversed() { measure(pixel) }
      for pixel in inside { send(pixel) }
    } else {
      for pixel in inside { measure(pixel) }
      for pixel in inside.reversed() { send(pixel) }
    }
    flow += sent
  }
}
