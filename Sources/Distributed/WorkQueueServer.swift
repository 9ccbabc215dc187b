import CMPI
import Files
import Foundation
import Threads

/// The messages from a rank to the server; the answer to `next` is one Int, negative when no item is left.
///
/// A request is three Int64: the kind, the item, the number of bytes that follow in messages of their own.
enum WorkQueueMessage: Int {
  case next, report, finished

  static let requestTag: Int32 = 201
  static let replyTag: Int32 = 202
  static let bytesTag: Int32 = 203
}

extension Communicator {
  /// Sends a request to the server on rank 0.
  func send(_ message: WorkQueueMessage, _ item: Int, _ byteCount: Int = 0) throws(MPIError) {
    var request: InlineArray<3, Int> = [message.rawValue, item, byteCount]
    try check(
      MPI_Send(&request, 3, Int.datatype, 0, WorkQueueMessage.requestTag, handle),
      "MPI_Send", "sending '\(message)' of rank \(rank) to the work queue on rank 0")
  }

  /// Receives the server's answer.
  func receiveReply() throws(MPIError) -> Int {
    var reply = -1
    try check(
      MPI_Recv(&reply, 1, Int.datatype, 0, WorkQueueMessage.replyTag, handle, cmpi_status_ignore()),
      "MPI_Recv", "receiving an item from the work queue on rank 0")
    return reply
  }
}

/// The thread of rank 0 that answers the other ranks.
///
/// It polls (`MPI_Iprobe`, MPI-3.1 section 3.8.1) and sleeps 0.2 ms when there is nothing: a blocking receive would take a whole core
/// away from the computation.
final class WorkQueueServer: Sendable {
  private static let pause: UInt32 = 200

  private let state: WorkQueueState
  private let communicator: Communicator
  private let ended = DispatchSemaphore(value: 0)

  /// Starts the thread; it ends when all other ranks have sent `finished`.
  init(_ state: WorkQueueState, _ communicator: Communicator) {
    self.state = state
    self.communicator = communicator
    startThread("work-queue") { [self] in
      do {
        try serve()
      } catch {
        // The main thread may be in a long computation, and the other ranks are waiting: nobody else can end the job.
        communicator.abort(sentence(for: error), exitCode: ExitCode.of(error))
      }
      ended.signal()
    }
  }

  /// Waits for the end of the thread.
  func join() { ended.wait() }

  private func serve() throws {
    var atWork = communicator.size - 1
    while atWork > 0 {
      guard let source = try waitingRank() else {
        usleep(Self.pause)
        continue
      }
      var request: InlineArray<3, Int> = [0, 0, 0]
      try check(
        MPI_Recv(
          &request, 3, Int.datatype, source, WorkQueueMessage.requestTag, communicator.handle, cmpi_status_ignore()),
        "MPI_Recv", "receiving a request of rank \(source) to the work queue")
      switch WorkQueueMessage(rawValue: request[0]) {
      case .next:
        var item = state.next() ?? -1
        try check(
          MPI_Send(&item, 1, Int.datatype, source, WorkQueueMessage.replyTag, communicator.handle),
          "MPI_Send", "sending an item of the work queue to rank \(source)")
      case .report:
        let bytes = try communicator.receive(request[2], from: Int(source), tag: WorkQueueMessage.bytesTag)
        try state.report(request[1], bytes)
      case .finished:
        atWork -= 1
      case nil:
        throw JobError("the work queue on rank 0 doesn't know request \(request[0]) of rank \(source): is that another build?")
      }
    }
  }

  /// The rank that a request has come from; nil if none has come.
  private func waitingRank() throws(MPIError) -> Int32? {
    // Open MPI's probe takes messages in after it has looked: only a second probe sees what has come since the last call.
    for _ in 0..<2 {
      var found: Int32 = 0
      var status = MPI_Status()
      try check(
        MPI_Iprobe(Int32(MPI_ANY_SOURCE), WorkQueueMessage.requestTag, communicator.handle, &found, &status),
        "MPI_Iprobe", "looking for requests to the work queue")
      if found != 0 { return status.MPI_SOURCE }
    }
    return nil
  }
}
