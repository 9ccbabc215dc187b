import Foundation
import Synchronization

/// A file descriptor that several threads share. It stays open as long as not too many are (`mostOpen`).
final class OpenDescriptor: Sendable {
  private struct State {
    var handle: Int32?
    var users = 0
    /// True if the last user must close it.
    var isStale = false
  }

  private static let mostOpen = 128
  private static let open = Atomic(0)
  private let state: Mutex<State>

  /// - Parameter handle: An open descriptor, which belongs to this object from now on.
  init(_ handle: Int32) {
    state = Mutex(State())
    if Self.take() {
      state.withLock { $0.handle = handle }
    } else {
      close(handle)
    }
  }

  deinit { state.withLock { if let handle = $0.handle { Self.drop(handle) } } }

  private static func take() -> Bool {
    if open.wrappingAdd(1, ordering: .relaxed).newValue <= mostOpen { return true }
    open.wrappingSubtract(1, ordering: .relaxed)
    return false
  }

  private static func drop(_ handle: Int32) {
    close(handle)
    open.wrappingSubtract(1, ordering: .relaxed)
  }

  /// Runs `body` with an open descriptor of the file.
  ///
  /// - Parameter reopen: Opens the file; called if no descriptor is open.
  func use<Value>(
    _ reopen: () throws(FileError) -> Int32, _ body: (Int32) throws(FileError) -> Value
  ) throws(FileError) -> Value {
    let kept: Int32? = state.withLock { state in
      guard let handle = state.handle, !state.isStale else { return nil }
      state.users += 1
      return handle
    }
    if let kept {
      defer { leave() }
      return try body(kept)
    }
    let fresh = try reopen()
    guard keep(fresh) else {
      defer { close(fresh) }
      return try body(fresh)
    }
    defer { leave() }
    return try body(fresh)
  }

  /// Makes the next user open the file again.
  func forget() {
    state.withLock { state in
      guard state.handle != nil else { return }
      state.isStale = true
      Self.closeIfUnused(&state)
    }
  }

  private func keep(_ handle: Int32) -> Bool {
    state.withLock { state in
      guard state.handle == nil, Self.take() else { return false }
      state = State(handle: handle, users: 1)
      return true
    }
  }

  private func leave() {
    state.withLock { state in
      state.users -= 1
      Self.closeIfUnused(&state)
    }
  }

  private static func closeIfUnused(_ state: inout State) {
    guard state.isStale, state.users == 0, let handle = state.handle else { return }
    drop(handle)
    state = State()
  }
}
