import Answers
import Attribution
import Cluster
import ConvNet
import Images
import Results
import Segmentation

/// The result for one picture: its classes with their maps, and the object of each class, in the same order.
package struct LocalisedObjects {
  let maps: ClassMaps
  let objects: [LocalisedObject]
}

/// Finds the objects of pictures on one rank.
package final class LocalisationEngine {
  private let job: LocalisationJob
  /// Nil until the maps of a picture must be made.
  private var mapper: ClassMapper?
  private var phases = Phases()

  init(_ job: LocalisationJob) { self.job = job }

  func objects(in input: LocalisationInput) throws -> LocalisedObjects {
    phases.decode += input.seconds
    let maps: ClassMaps
    switch input.maps {
    case .stored(let stored): maps = stored
    case .picture(let picture, let method):
      let current = try mapper ?? ClassMapper(job.network, method: method, crops: job.crops, compute: job.setting.compute)
      mapper = current
      maps = try current.maps(of: picture, classes: LocalisationScore.answers, stream: input.stream)
    }
    let objects = input.localiser.objects(in: maps, threads: job.setting.compute.team.workers)
    phases.add(objects)
    return LocalisedObjects(maps: maps, objects: objects)
  }

  /// The seconds that a rank spent in each phase.
  struct Phases {
    var decode = 0.0, forward = 0.0, backward = 0.0, models = 0.0, cut = 0.0, write = 0.0

    init() {}

    /// - Parameter engine: nil on a rank that got no picture.
    init(_ engine: LocalisationEngine?, write: Double) {
      self = engine?.phases ?? Phases()
      (forward, backward) = (engine?.mapper?.forwardSeconds ?? 0, engine?.mapper?.backwardSeconds ?? 0)
      self.write = write
    }

    mutating func add(_ objects: [LocalisedObject]) {
      for object in objects {
        models += object.seconds.models
        cut += object.seconds.cut
      }
    }

    func summed(over communicator: Communicator) throws -> [String: Double] {
      var values = [decode, forward, backward, models, cut, write]
      try communicator.allReduceSum(&values)
      return Dictionary(uniqueKeysWithValues: zip(["decode", "forward", "backward", "colourModels", "cut", "write"], values))
    }
  }
}
