import ArgumentParser
import Attribution
import Checkpoint
import Cluster
import ConvNet
import Files
import Foundation
import HDF5
import Images
import Interchange
import Sizes
import Trainer

// The exit codes that the modules' errors end the program with.

extension StorageRelated {
  /// The exit code of trouble with the storage, or `other`.
  fileprivate func exitCode(else other: Int32) -> Int32 {
    switch storageTrouble {
    case .away: Cluster.ExitCode.failure
    case .stopped: Cluster.ExitCode.stoppedOnRequest
    case nil: other
    }
  }
}

extension DataError: ExitCoded {
  public var exitCode: Int32 {
    switch kind {
    case .synthesis: Cluster.ExitCode.failure
    case .wrongUse: Cluster.ExitCode.wrongUse
    default: exitCode(else: Cluster.ExitCode.badData)
    }
  }
}

extension TextListError: ExitCoded {
  public var exitCode: Int32 { exitCode(else: Cluster.ExitCode.badData) }
}

extension ImageError: ExitCoded {
  public var exitCode: Int32 { exitCode(else: Cluster.ExitCode.badData) }
}

extension CheckpointError: ExitCoded {
  public var exitCode: Int32 {
    exitCode(else: kind != .noMemory && action == "read" ? Cluster.ExitCode.badData : Cluster.ExitCode.failure)
  }
}

extension HDF5Error: ExitCoded {
  public var exitCode: Int32 {
    exitCode(else: [.noSpace, .noMemory].contains(kind) ? Cluster.ExitCode.failure : Cluster.ExitCode.badData)
  }
}

/// An error for memory that can't be had, with the flags that would reduce it.
struct AdvisedError: ExitCoded, CustomStringConvertible {
  let error: MemoryError

  init(_ error: MemoryError) { self.error = error }

  var exitCode: Int32 { Cluster.ExitCode.failure }

  var description: String {
    let advice =
      switch error.cause {
      case .batch: "give a smaller --batch (train: or a smaller --micro-batch)"
      case .network: "choose a smaller --network, fewer ranks on a host, or hosts with more memory"
      case .file: "is the file damaged? inspect looks at it"
      case .other: "fewer ranks on a host, or hosts with more memory, may help"
      }
    return "\(error); \(advice)"
  }
}

extension MemoryError: ExitCoded {
  public var exitCode: Int32 { Cluster.ExitCode.failure }
}

extension AttributionError: ExitCoded {
  public var exitCode: Int32 { Cluster.ExitCode.wrongUse }
}

extension NetworkError: ExitCoded {
  public var exitCode: Int32 { Cluster.ExitCode.wrongUse }
}

extension InterchangeError: ExitCoded {
  public var exitCode: Int32 {
    switch kind {
    case .wrongUse: Cluster.ExitCode.wrongUse
    case .badData: Cluster.ExitCode.badData
    case .system: Cluster.ExitCode.failure
    }
  }
}

/// Runs a command that needs no ranks. An error ends the program with its message and its own exit code.
func exitCoded<Value>(_ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let error as any ExitCoded {
    try? FileHandle.standardError.write(contentsOf: Data("deepinside: \(error)\n".utf8))
    throw ArgumentParser.ExitCode(error.exitCode)
  }
}
