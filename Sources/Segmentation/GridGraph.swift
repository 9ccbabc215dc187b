/// A graph on the pixels of a grid: each joined with its 8 neighbours, with a source and with a sink.
///
/// It takes 54 bytes a pixel, whatever the capacities. A border of pixels without capacity is kept around the grid, so that no
/// step has to ask where the grid ends.
public final class GridGraph {
  /// A neighbour's place, in the order of rows; the opposite of `d` is 7 − d.
  enum Direction {
    static let count = 8
    static let steps: [(x: Int, y: Int)] = [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)]
  }

  /// No capacity may be larger: two of them add up without overflow.
  public static let largestCapacity: Int32 = (1 << 30) - 1

  public let width: Int
  public let height: Int
  /// Of a row, with the border.
  let stride: Int
  /// What a step to each neighbour adds to a pixel's index.
  let offsets: UnsafeMutablePointer<Int>
  /// Pixels, those of the border included.
  let count: Int

  /// [pixels, 8], what the arc to each neighbour can still take.
  let residual: UnsafeMutablePointer<Int32>
  /// [pixels], above 0 what the arc from the source can still take, below 0 that to the sink.
  let terminal: UnsafeMutablePointer<Int32>
  /// [pixels]: the tree that a pixel belongs to.
  let tree: UnsafeMutablePointer<Tree>
  /// [pixels]: the direction of the parent in the tree, or one of `Parent`'s values.
  let parent: UnsafeMutablePointer<UInt8>
  /// [pixels]: when the distance was last known to be right.
  let time: UnsafeMutablePointer<Int32>
  /// [pixels]: steps to the terminal, the larger the later they are checked.
  let distance: UnsafeMutablePointer<Int32>
  let active: PixelQueue
  let orphans: PixelQueue

  /// The flow so far. What both terminal arcs of a pixel can take is sent at once.
  public internal(set) var flow = 0
  /// Pixels visited so far, by growing, adoption and on the paths between them: what the work is measured in.
  var visits = 0

  enum Tree: UInt8 { case none, source, sink }

  enum Parent {
    static let none: UInt8 = 255
    static let orphan: UInt8 = 254
    static let terminal: UInt8 = 253
  }

  /// A graph without capacities.
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

  /// Sets what a pixel costs: `source` when it ends with the sink, `sink` when it ends with the source.
  ///
  /// Both are capacities of the arcs from the source and to the sink, 0 … `largestCapacity`; call it once a pixel, before
  /// `solve`.
  public func setTerminals(x: Int, y: Int, source: Int32, sink: Int32) {
    let limits = 0...Self.largestCapacity
    precondition(limits.contains(source) && limits.contains(sink), "capacities \(source) and \(sink) aren't in \(limits)")
    flow += Int(min(source, sink))
    terminal[index(x, y)] = source - sink
  }

  /// Sets what parting two neighbours costs, in both directions: the capacity of the arcs between them.
  ///
  /// - Parameters:
  ///   - dx, dy: from the pixel to its neighbour, each −1, 0 or 1, which must lie in the grid too.
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

  /// Whether the pixel is on the source's side of the cut that `solve` has found.
  ///
  /// The cut is the one nearest to the source: pixels that could be on either side at the same cost are on the sink's.
  public func isWithSource(x: Int, y: Int) -> Bool { tree[index(x, y)] == .source }
}

/// Pixels first in, first out, each at most once; a link a pixel is all its memory, which `free` gives back.
struct PixelQueue {
  private static let absent: Int32 = -1
  private static let last: Int32 = -2
  private let next: UnsafeMutablePointer<Int32>
  /// The first pixel and the last, or `absent`.
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
