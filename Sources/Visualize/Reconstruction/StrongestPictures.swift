import Attribution
import Cluster
import ConvNet
import Files
import Foundation
import Results
import Synchronization

/// A picture as all ranks know it.
struct ListedPicture: Codable, Sendable {
  /// The path within the folder that was given, and the path of the file, both as `FileName` writes them.
  let name: String
  let path: String
  /// The file's stamp on rank 0's host.
  let stamp: FileStamp?
}

/// Per channel of a layer: the pictures of a data set that activate it most, each with its strongest unit in that channel.
struct StrongestPictures: Codable {
  struct Hit: Codable, Hashable {
    /// The picture's path within the folder that was given, as `FileName` writes it.
    let path: String
    let unit: LayerUnit
  }

  /// What the lists were made from. They may be used again only if it is the same.
  let origin: [String]
  /// One list per channel, strongest first.
  var channels: [[Hit]]
  /// The pictures that couldn't be read.
  var unread: [RunCounts.Failure]?

  init(origin: [String], channels: Int) {
    self.origin = origin
    self.channels = Array(repeating: [], count: channels)
  }

  mutating func add(_ hit: Hit, keeping count: Int) {
    let list = channels[hit.unit.channel]
    if list.count == count, let last = list.last, !Self.isStronger(hit, last) { return }
    let place = list.firstIndex { Self.isStronger(hit, $0) } ?? list.count
    channels[hit.unit.channel].insert(hit, at: place)
    if channels[hit.unit.channel].count > count { channels[hit.unit.channel].removeLast() }
  }

  /// Equal activations are sorted by the file, so that the list doesn't depend on which rank found them.
  private static func isStronger(_ one: Hit, _ other: Hit) -> Bool {
    one.unit.activation != other.unit.activation ? one.unit.activation > other.unit.activation : one.path < other.path
  }

  /// Shows all pictures to the net, distributed over the ranks.
  ///
  /// - Returns: the lists, the same on all ranks.
  /// - Throws: `ResultsError` if it is stopped on request, or if no picture can be read.
  /// - Note: collective; all ranks must pass the same pictures.
  static func scan(
    _ pictures: [ListedPicture], top: Int, origin: [String], network: TrainedNetwork, reconstructor: Reconstructor,
    communicator: Communicator, progress: @escaping JobProgress
  ) throws -> StrongestPictures {
    let finished = Mutex(0)
    let unread = Mutex([RunCounts.Failure]())
    var found = StrongestPictures(origin: origin, channels: reconstructor.shape.channels)
    let fanOut = FanOut<TestPicture>(
      count: pictures.count, batch: reconstructor.score.batch, communicator: communicator, prefetches: true,
      prepare: { items in TestPicture.read(items.map { FileName(written: pictures[$0].path) }, network) })
    try fanOut.run(
      process: { ready in
        let (_, activations) = try reconstructor.forward(ready.map(\.prepared), mean: network.mean)
        for (slot, entry) in ready.enumerated() {
          for channel in 0..<reconstructor.shape.channels {
            let unit = LayerUnit.strongest(of: channel, in: activations[slot], reconstructor.shape)
            if unit.activation > 0 { found.add(Hit(path: pictures[entry.item].name, unit: unit), keeping: top) }
          }
        }
        return ready.map { _ in .seen }
      },
      onReport: { item, outcome in
        if case .failed(let reason) = outcome {
          unread.withLock { $0.append(.init(item: pictures[item].name, source: pictures[item].path, reason: reason)) }
        }
        progress(
          finished.withLock { count in
            count += 1; return count
          }, pictures.count)
      })
    let stopped = try communicator.agree(on: StopRequest.isRequested, .any)
    if stopped {
      throw ResultsError(
        .stopped, "stopped on request while the pictures were looked through; a next run begins with that anew")
    }
    var merged = StrongestPictures(origin: origin, channels: reconstructor.shape.channels)
    for text in try communicator.allGather(ResultJSON.text(found)) {
      guard let part = ResultJSON.value(StrongestPictures.self, text) else {
        throw ResultsError(.system, "the strongest pictures of a rank can't be understood; do all ranks run the same program?")
      }
      for hit in part.channels.joined() { merged.add(hit, keeping: top) }
    }
    let failures = unread.withLock { $0 }
    merged.unread = try communicator.broadcast(communicator.rank == 0 ? failures : nil)
    guard merged.channels.contains(where: { !$0.isEmpty }) else {
      throw ResultsError(.badData, "no picture excites any unit of \(reconstructor.layer): can the pictures be read?")
    }
    return merged
  }
}

extension StrongestPictures: CheckedNumbers {
  /// True if every unit exists in a layer of that shape.
  func fits(_ shape: Shape) -> Bool {
    channels.count == shape.channels && channels.joined().allSatisfy { $0.unit.y < shape.height && $0.unit.x < shape.width }
  }

  var problem: String? {
    for (number, hits) in channels.enumerated() {
      for hit in hits where hit.unit.channel != number || hit.unit.y < 0 || hit.unit.x < 0 {
        return "the unit \(hit.unit) in the list of channel \(number)"
      }
    }
    return nil
  }
}
