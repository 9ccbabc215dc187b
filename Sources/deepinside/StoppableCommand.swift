import ArgumentParser
import Cluster

/// A command that ends with code 4 when somebody asks it to stop, at any moment since its start. All others are ended by the signal.
protocol StoppableCommand: ParsableCommand {
  /// What a request does before the command says otherwise.
  var stopAnswer: StopRequest.Answer { get }
}

extension StoppableCommand {
  /// Results appear one by one, each when it is whole: after ten seconds, which most need for their last item, nothing is waited for.
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
  /// `train` itself says when a request ends it at once: it first has to look whether the start before this one made an update.
  var stopAnswer: StopRequest.Answer { augmentationPreview == nil ? .job : .signal }
}
