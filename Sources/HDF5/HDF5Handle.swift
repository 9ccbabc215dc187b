import CHDF5

/// An owned HDF5 identifier, which is closed when its owner goes, by the call for its kind (H5Fclose, H5Dclose, …).
struct HDF5Handle: ~Copyable {
  let id: hid_t
  private let closer: @convention(c) (hid_t) -> herr_t

  /// Takes over an identifier that a checked call has returned.
  init(_ id: hid_t, closedBy closer: @convention(c) (hid_t) -> herr_t) {
    self.id = id
    self.closer = closer
  }

  deinit {
    // Ignores the result: an error that is already being thrown matters more than a failure to close.
    HDF5Lock.hold {
      HDF5Error.silence()
      _ = closer(id)
    }
  }

  /// Closes the identifier now, and throws if that fails.
  consuming func close(_ call: StaticString, _ action: @autoclosure () -> String, _ path: String) throws(HDF5Error) {
    let (id, closer) = (id, closer)
    discard self
    try HDF5Error.check(call, action(), path) { closer(id) }
  }
}
