import Files
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import FolderLocks

@Suite("A folder's lock")
struct FolderLockTests {
  let scratch: TemporaryFolder
  let quick = FolderLock.Timing(renewal: 0.1, stale: 1)

  init() throws { scratch = try TemporaryFolder() }

  private var folder: String { scratch.path("run") }
  private var file: String { FolderLock.path(in: folder) }

  /// A process of another host, of which nothing can be known but how old its lock is.
  private func stranger() -> FolderOwner { FolderOwner(command: "train", host: "elsewhere", processSpace: "another") }

  private func leave(_ owner: FolderOwner) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    #expect(try LockFile.create(file, owner: owner))
  }

  private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder) }

  @Test("is held by one job, is refused to others with the owner's name, and leaves nothing")
  func oneAtATime() throws {
    let lock = try FolderLock.acquire(folder, owner: FolderOwner(command: "train"), timing: quick)
    #expect(throws: FolderLockError.self) { try FolderLock.acquire(folder, owner: FolderOwner(command: "train"), timing: quick) }
    let error = #expect(throws: FolderLockError.self) { try FolderLock.acquire(folder, owner: stranger(), timing: quick) }
    #expect("\(try #require(error))".contains("train, process \(getpid()) on \(TemporaryFile.host)"))
    lock.release()
    #expect(try names() == [])
    let next = try FolderLock.acquire(folder, owner: FolderOwner(command: "train"), timing: quick)
    #expect(try names() == [FolderLock.name])
    _ = consume next
    #expect(try names() == [], "a lock that is dropped ends")
  }

  @Test("of a process that has ended, of the same batch job before it was requeued, or of another time is taken over")
  func stale() throws {
    let ended = Process()
    ended.executableURL = URL(fileURLWithPath: "/bin/true")
    try ended.run()
    ended.waitUntilExit()
    let job = FolderOwner(command: "train", host: "elsewhere", batchJob: "17", requeues: 0)
    let again = FolderOwner(command: "train", batchJob: "17", requeues: 1)
    let table: [(left: FolderOwner, taker: FolderOwner, reason: String)] = [
      (FolderOwner(command: "train", process: ended.processIdentifier), FolderOwner(command: "train"), "has ended"),
      (job, again, "put back into the queue"),
      (stranger(), FolderOwner(command: "train"), "last renewed"),
    ]
    for (left, taker, reason) in table {
      try leave(left)
      var told: [String] = []
      let lock = try FolderLock.acquire(folder, owner: taker, timing: quick, tell: { told.append($0) })
      #expect(told.last?.contains(reason) == true, "\(told)")
      #expect(LockFile.read(file)?.owner == taker)
      lock.release()
      #expect(try names() == [], "after: \(reason)")
    }
  }

  @Test("of another host that is renewed is refused once that was seen, long before it could be stale")
  func livesElsewhere() throws {
    try leave(stranger())
    let stop = Atomic(false)
    let ended = DispatchSemaphore(value: 0)
    let file = file
    Thread {
      while !stop.load(ordering: .relaxed) {
        utimensat(AT_FDCWD, file, nil, 0)
        Thread.sleep(forTimeInterval: 0.05)
      }
      ended.signal()
    }.start()
    defer {
      stop.store(true, ordering: .relaxed)
      ended.wait()
    }
    let start = ContinuousClock.now
    #expect(throws: FolderLockError.self) {
      try FolderLock.acquire(folder, owner: FolderOwner(command: "train"), timing: FolderLock.Timing(renewal: 0.1, stale: 30))
    }
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test("is waited for until its owner gives it free, or the waiting is cancelled")
  func waiting() throws {
    let first = try FolderLock.acquire(folder, owner: FolderOwner(command: "train"), timing: quick)
    var asked = 0
    #expect(throws: FolderLockError.self) {
      try FolderLock.acquire(
        folder, owner: FolderOwner(command: "train"), waits: true, timing: quick,
        isCancelled: {
          asked += 1
          return asked == 3
        })
    }
    Thread {
      Thread.sleep(forTimeInterval: 0.3)
      first.release()
    }.start()
    let second = try FolderLock.acquire(folder, owner: FolderOwner(command: "train"), waits: true, timing: quick)
    #expect(LockFile.read(file)?.owner == second.owner)
  }

  @Test("that another job has taken over is reported to who had it, and stays the other's")
  func loss() throws {
    let lost = Mutex("")
    let heard = DispatchSemaphore(value: 0)
    let lock = try FolderLock.acquire(
      folder, owner: FolderOwner(command: "train"), timing: quick,
      onLoss: { text in
        lost.withLock { $0 = text }
        heard.signal()
      })
    let other = stranger()
    try LockFile.replace(file, owner: other)
    heard.wait()
    #expect(lost.withLock { $0 }.contains("elsewhere"))
    lock.release()
    #expect(LockFile.read(file)?.owner == other)
  }

  @Test(
    "whose folder is renamed, removed or replaced is reported to who has it, who then writes no lock", arguments: [0, 1, 2, 3])
  func movedFolder(what: Int) throws {
    let lost = Mutex("")
    let heard = DispatchSemaphore(value: 0)
    let lock = try FolderLock.acquire(
      folder, owner: FolderOwner(command: "train"), timing: FolderLock.Timing(renewal: 0.5, stale: 5),
      onLoss: { text in
        lost.withLock { $0 = text }
        heard.signal()
      })
    let files = FileManager.default
    if what % 2 == 0 {
      try files.moveItem(atPath: folder, toPath: scratch.path("away"))
    } else {
      try files.removeItem(atPath: folder)
    }
    if what >= 2 { try files.createDirectory(atPath: folder, withIntermediateDirectories: false) }
    heard.wait()
    let text = lost.withLock { $0 }
    #expect(text.contains("\(folder) was \(what >= 2 ? "replaced" : "renamed or removed")"), "\(text)")
    lock.release()
    #expect(what >= 2 ? try names() == [] : !files.fileExists(atPath: folder))
  }

  @Test("that can't be understood, or was removed, doesn't last for ever", arguments: [Data(), Data("x".utf8), Data("{}".utf8)])
  func odd(contents: Data) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try contents.write(to: URL(fileURLWithPath: file))
    let lock = try FolderLock.acquire(folder, owner: FolderOwner(command: "train"), timing: quick)
    unlink(file)
    let end = ContinuousClock.now + .seconds(20)
    while LockFile.read(file) == nil, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.02) }
    #expect(LockFile.read(file)?.owner == lock.owner, "a lock that somebody removed is made again")
  }

  @Test("of another host whose clock was ahead is taken over once it has stayed the same for long enough")
  func future() throws {
    try leave(stranger())
    var times = [timespec](repeating: timespec(tv_sec: time(nil) + 100_000, tv_nsec: 0), count: 2)
    #expect(utimensat(AT_FDCWD, file, &times, 0) == 0)
    let lock = try FolderLock.acquire(folder, owner: FolderOwner(command: "train"), timing: quick)
    #expect(LockFile.read(file)?.owner == lock.owner)
    lock.release()
  }

  @Test("is taken over by one of many that try at once")
  func race() throws {
    for _ in 0..<3 {
      try leave(stranger())
      let winners = Atomic(0)
      let (folder, quick) = (folder, quick)
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        guard let lock = try? FolderLock.acquire(folder, owner: FolderOwner(command: "train"), timing: quick) else { return }
        winners.add(1, ordering: .relaxed)
        // Until all others have been refused.
        Thread.sleep(forTimeInterval: 1.5)
        lock.release()
      }
      #expect(winners.load(ordering: .relaxed) == 1)
      #expect(try names() == [])
    }
  }
}
