import ArgumentParser
import Cluster

/// A command that ends with exit code 4 if it is asked to stop, at any moment since its start. Other commands are ended by the
/// signal itself.
protocol StoppableCommand: ParsableCommand {
  /// What a request to stop does, until the command changes it.
  var stopAnswer: StopRequest.Answer { get }
}

extension StoppableCommand {
  /// Results appear one by one, each when it is whole. Most items take less than ten seconds, so after that time nothing is
  /// waited for.
  var stopAnswer: StopRequest.Answer {
    .end("stopped on request; results that are whole stay, and the same command goes on", afterSeconds: 10)
  }
}

extension PrepareCommand: StoppableCommand {
  var stopAnswer: StopRequest.Answer {
    .end("stopped on request; shards that are whole stay, and the same command goes on", afterSeconds: 10)
  }
}

extension EvaluateCommand: StoppableCommand {
  var stopAnswer: StopRequest.Answer { .end("stopped on request; nothing was written, the same command begins anew") }
}

extension TrainCommand: StoppableCommand {
  /// `train` decides itself when a request ends it at once, because it must first find out whether the start before this one made
  /// an update.
  var stopAnswer: StopRequest.Answer { augmentationPreview == nil ? .job : .signal }
}
