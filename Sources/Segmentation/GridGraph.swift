/// A graph on the pixels of a grid. Each pixel is joined with its 8 neighbours, with a source and with a sink.
///
/// It takes 54 bytes per pixel. A border of pixels without capacity is kept around the grid, so that no step has to check for the
/// end of the grid.
public final class GridGraph {
  /// The directions of the neighbours, in row order; the opposite of `d` is 7 − d.
  enum Direction {
    static let count = 8
    static let steps: [(x: Int, y: Int)] = [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)]
  }

  /// The largest capacity: two of them can be added without overflow.
  public static let largestCapacity: Int32 = (1 << 30) - 1

  public let width: Int
  public let height: Int
  /// The length of a row, with the border.
  let stride: Int
  /// Per direction: the difference between a neighbour's index and the pixel's.
  let offsets: UnsafeMutablePointer<Int>
  /// The number of pixels, with those of the border.
  let count: Int

  /// [pixels, 8]: the remaining capacity of the arc to each neighbour.
  let residual: UnsafeMutablePointer<Int32>
  /// [pixels]: above 0 the remaining capacity of the arc from the source, below 0 that of the arc to the sink.
  let terminal: UnsafeMutablePointer<Int32>
  /// [pixels]: the tree that a pixel belongs to.
  let tree: UnsafeMutablePointer<Tree>
  /// [pixels]: the direction of the parent in the tree, or one of `Parent`'s values.
  let parent: UnsafeMutablePointer<UInt8>
  /// [pixels]: the time at which the distance was last known to be right.
  let time: UnsafeMutablePointer<Int32>
  /// [pixels]: the number of steps to the terminal; between checks it may be out of date.
  let distance: UnsafeMutablePointer<Int32>
  let active: PixelQueue
  let orphans: PixelQueue

  /// The flow so far. What both terminal arcs of a pixel can carry is counted at once, in `setTerminals`.
  public internal(set) var flow = 0
  /// The number of pixels visited so far by growth, by adoption and on filled paths, as a measure of the work.
  var visits = 0

  enum Tree: UInt8 { case none, source, sink }

  enum Parent {
    static let none: UInt8 = 255
    static let orphan: UInt8 = 254
    static let terminal: UInt8 = 253
  }

  /// Makes a graph without capacities.
  public init(width: Int, height: Int) {
    precondition(width > 0 && height > 0 && (width + 2) * (height + 2) < Int(Int32.max), "a grid of \(width)×\(height)")
    self.width = width
    self.height = height
    let stride = width + 2
    self.stride = stride
    offsets = .allocate(capacity: Direction.count)
    for (direction, step) in Direction.steps.enumerated() { offsets[direction] = step.y * stride + step.x }
    count = stride * (height + 2)
    func zeros<Value>(_ value: Value, _ size: Int) -> UnsafeMutablePointer<Value> {
      let pointer = UnsafeMutablePointer<Value>.allocate(capacity: size)
      pointer.initialize(repeating: value, count: size)
      return pointer
    }
    residual = zeros(0, count * Direction.count)
    terminal = zeros(0, count)
    tree = zeros(.none, count)
    parent = zeros(Parent.none, count)
    time = zeros(0, count)
    distance = zeros(0, count)
    active = PixelQueue(count: count)
    orphans = PixelQueue(count: count)
  }

  deinit {
    residual.deallocate()
    terminal.deallocate()
    tree.deallocate()
    parent.deallocate()
    time.deallocate()
    distance.deallocate()
    offsets.deallocate()
    active.free()
    orphans.free()
  }

  private func index(_ x: Int, _ y: Int) -> Int {
    precondition((0..<width).contains(x) && (0..<height).contains(y), "(\(x), \(y)) is outside of \(width)×\(height)")
    return (y + 1) * stride + x + 1
  }

  /// Sets the costs of a pixel: `source` if it ends on the sink's side, `sink` if it ends on the source's side.
  ///
  /// They are the capacities of the arcs from the source and to the sink, 0 … `largestCapacity`. It must be called at most once
  /// per pixel, before `solve`.
  public func setTerminals(x: Int, y: Int, source: Int32, sink: Int32) {
    let limits = 0...Self.largestCapacity
    precondition(limits.contains(source) && limits.contains(sink), "capacities \(source) and \(sink) aren't in \(limits)")
    flow += Int(min(source, sink))
    terminal[index(x, y)] = source - sink
  }

  /// Sets the cost of separating two neighbours: the capacity of the arcs between them, in both directions.
  ///
  /// - Parameters:
  ///   - dx, dy: the step from the pixel to its neighbour, each −1, 0 or 1. The neighbour must lie in the grid too.
  public func setNeighbours(x: Int, y: Int, dx: Int, dy: Int, capacity: Int32) {
    setArcs(x: x, y: y, dx: dx, dy: dy, there: capacity, back: capacity)
  }

  /// Sets the capacities of the arcs to a neighbour and back, which may differ.
  public func setArcs(x: Int, y: Int, dx: Int, dy: Int, there: Int32, back: Int32) {
    let limits = 0...Self.largestCapacity
    precondition(limits.contains(there) && limits.contains(back), "capacities \(there) and \(back) aren't in \(limits)")
    precondition(max(abs(dx), abs(dy)) == 1, "(\(dx), \(dy)) is no step to a neighbour")
    let place = (dy + 1) * 3 + dx + 1
    let direction = place > 4 ? place - 1 : place
    residual[index(x, y) * 8 + direction] = there
    residual[index(x + dx, y + dy) * 8 + 7 - direction] = back
  }

  /// True if the pixel is on the source's side of the cut that `solve` has found.
  ///
  /// The cut is the one nearest to the source: pixels that could be on either side at the same cost are on the sink's side.
  public func isWithSource(x: Int, y: Int) -> Bool { tree[index(x, y)] == .source }
}

/// A first-in, first-out queue that holds each pixel at most once. It needs one link per pixel, in memory that `free` releases.
struct PixelQueue {
  private static let absent: Int32 = -1
  private static let last: Int32 = -2
  private let next: UnsafeMutablePointer<Int32>
  /// The first and the last pixel, or `absent`.
  private let ends: UnsafeMutablePointer<(head: Int32, tail: Int32)>

  init(count: Int) {
    next = .allocate(capacity: count)
    next.initialize(repeating: Self.absent, count: count)
    ends = .allocate(capacity: 1)
    ends.initialize(to: (Self.absent, Self.absent))
  }

  func free() {
    next.deallocate()
    ends.deallocate()
  }

  @inline(__always)
  func append(_ pixel: Int) {
    guard next[pixel] == Self.absent else { return }
    next[pixel] = Self.last
    if ends.pointee.tail == Self.absent { ends.pointee.head = Int32(pixel) } else { next[Int(ends.pointee.tail)] = Int32(pixel) }
    ends.pointee.tail = Int32(pixel)
  }

  @inline(__always)
  func popFirst() -> Int? {
    guard ends.pointee.head != Self.absent else { return nil }
    let pixel = Int(ends.pointee.head)
    let following = next[pixel]
    next[pixel] = Self.absent
    if following == Self.last { ends.pointee = (Self.absent, Self.absent) } else { ends.pointee.head = following }
    return pixel
  }
}
