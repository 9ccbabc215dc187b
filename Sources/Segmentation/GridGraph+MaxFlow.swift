extension GridGraph {
  /// Finds the maximum flow, and with it the cut of least cost. It may be called once per graph.
  ///
  /// Straight paths are filled first (`sweep`). Then two trees of arcs with remaining capacity grow from source and sink until
  /// they touch, and the path through both is filled. A pixel whose arc to its parent is then full takes another parent, the one
  /// nearest to a terminal, or leaves the tree.
  /// Source: Boykov & Kolmogorov, *An Experimental Comparison of Min-Cut/Max-Flow Algorithms for Energy Minimization in Vision*,
  /// PAMI 2004, with the distance and time marks of Kolmogorov's thesis (2003) §2.3.
  ///
  /// - Returns: the flow, which is the cost of the cut.
  @discardableResult
  public func solve() -> Int {
    sweep()
    for y in 0..<height {
      for pixel in ((y + 1) * stride + 1)...((y + 1) * stride + width) where terminal[pixel] != 0 {
        tree[pixel] = terminal[pixel] > 0 ? .source : .sink
        parent[pixel] = Parent.terminal
        distance[pixel] = 1
        active.append(pixel)
      }
    }
    var now: Int32 = 0
    while let pixel = active.popFirst() {
      while parent[pixel] != Parent.none, let (from, direction) = grow(pixel) {
        now += 1
        augment(from, direction)
        while let orphan = orphans.popFirst() { adopt(orphan, now) }
      }
    }
    return flow
  }

  /// The remaining capacity of the arc between a pixel of a tree and a neighbour, in the tree's direction of flow: away from the
  /// source, or towards the sink.
  @inline(__always)
  private func room(_ pixel: Int, _ direction: Int, _ neighbour: Int, _ isSource: Bool) -> Int32 {
    isSource ? residual[pixel &* 8 &+ direction] : residual[neighbour &* 8 &+ 7 &- direction]
  }

  /// Takes neighbours that are in no tree into the pixel's tree, until one is found in the other tree.
  ///
  /// - Returns: the arc between the trees, from source to sink; nil if the pixel has none.
  private func grow(_ pixel: Int) -> (pixel: Int, direction: Int)? {
    visits &+= 1
    let own = tree[pixel]
    let isSource = own == .source
    for direction in 0..<Direction.count {
      let neighbour = pixel &+ offsets[direction]
      guard room(pixel, direction, neighbour, isSource) > 0 else { continue }
      if tree[neighbour] == .none {
        tree[neighbour] = own
        adopt(neighbour, by: pixel, direction)
        active.append(neighbour)
      } else if tree[neighbour] != own {
        return isSource ? (pixel, direction) : (neighbour, 7 &- direction)
      } else if time[neighbour] <= time[pixel], distance[neighbour] > distance[pixel], parent[neighbour] < 8 {
        adopt(neighbour, by: pixel, direction)
      }
    }
    return nil
  }

  @inline(__always)
  private func adopt(_ child: Int, by pixel: Int, _ direction: Int) {
    parent[child] = UInt8(truncatingIfNeeded: 7 &- direction)
    time[child] = time[pixel]
    distance[child] = distance[pixel] &+ 1
  }

  /// Fills the path that leads from source to sink through an arc between the two trees.
  private func augment(_ pixel: Int, _ direction: Int) {
    let neighbour = pixel &+ offsets[direction]
    var amount = residual[pixel &* 8 &+ direction]
    amount = min(amount, bottleneck(from: pixel, isSource: true), bottleneck(from: neighbour, isSource: false))
    residual[pixel &* 8 &+ direction] &-= amount
    residual[neighbour &* 8 &+ 7 &- direction] &+= amount
    fill(from: pixel, isSource: true, amount)
    fill(from: neighbour, isSource: false, amount)
    flow += Int(amount)
  }

  /// The least remaining capacity of the arcs between the pixel and its terminal.
  private func bottleneck(from pixel: Int, isSource: Bool) -> Int32 {
    var least = Int32.max
    var pixel = pixel
    while parent[pixel] != Parent.terminal {
      let direction = Int(parent[pixel])
      let above = pixel &+ offsets[direction]
      least = min(least, isSource ? residual[above &* 8 &+ 7 &- direction] : residual[pixel &* 8 &+ direction])
      pixel = above
    }
    return min(least, abs(terminal[pixel]))
  }

  /// Sends `amount` along the arcs between the pixel and its terminal. Pixels below a full arc become orphans.
  private func fill(from pixel: Int, isSource: Bool, _ amount: Int32) {
    var pixel = pixel
    while parent[pixel] != Parent.terminal {
      let direction = Int(parent[pixel])
      let above = pixel &+ offsets[direction]
      visits &+= 1
      let down = above &* 8 &+ 7 &- direction
      let up = pixel &* 8 &+ direction
      residual[isSource ? down : up] &-= amount
      residual[isSource ? up : down] &+= amount
      if residual[isSource ? down : up] == 0 { makeOrphan(pixel) }
      pixel = above
    }
    terminal[pixel] &-= isSource ? amount : 0 &- amount
    if terminal[pixel] == 0 { makeOrphan(pixel) }
  }

  @inline(__always)
  private func makeOrphan(_ pixel: Int) {
    parent[pixel] = Parent.orphan
    orphans.append(pixel)
  }

  /// Gives an orphan the parent in its tree that is nearest to the terminal. If there is none, removes it from the tree and makes
  /// its children orphans.
  private func adopt(_ orphan: Int, _ now: Int32) {
    visits &+= 1
    let own = tree[orphan]
    let isSource = own == .source
    var best = Parent.none
    var least = Int32.max
    for direction in 0..<Direction.count {
      let neighbour = orphan &+ offsets[direction]
      // In the tree's direction of flow, the arc leads from the neighbour to the orphan.
      guard tree[neighbour] == own, room(neighbour, 7 &- direction, orphan, isSource) > 0, parent[neighbour] != Parent.none,
        let steps = distanceToTerminal(neighbour, now), steps < least
      else { continue }
      best = UInt8(truncatingIfNeeded: direction)
      least = steps
    }
    parent[orphan] = best
    if best != Parent.none {
      time[orphan] = now
      distance[orphan] = least &+ 1
      return
    }
    tree[orphan] = .none
    for direction in 0..<Direction.count {
      let neighbour = orphan &+ offsets[direction]
      guard tree[neighbour] == own else { continue }
      if room(neighbour, 7 &- direction, orphan, isSource) > 0 { active.append(neighbour) }
      if parent[neighbour] < 8, neighbour &+ offsets[Int(parent[neighbour])] == orphan { makeOrphan(neighbour) }
    }
  }

  /// The number of steps from a pixel of a tree to its terminal, which is noted for the pixels on the way; nil if an orphan lies
  /// between.
  private func distanceToTerminal(_ pixel: Int, _ now: Int32) -> Int32? {
    var steps: Int32 = 0
    var place = pixel
    while true {
      if time[place] == now, parent[place] != Parent.orphan {
        steps &+= distance[place]
        break
      }
      steps &+= 1
      if parent[place] == Parent.terminal {
        time[place] = now
        distance[place] = 1
        break
      }
      guard parent[place] < 8 else { return nil }
      place += offsets[Int(parent[place])]
    }
    var left = steps
    place = pixel
    while time[place] != now {
      visits &+= 1
      time[place] = now
      distance[place] = left
      left &-= 1
      place += offsets[Int(parent[place])]
    }
    return steps
  }
}
