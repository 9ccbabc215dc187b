import CHDF5

/// An owned HDF5 identifier, closed with its owner by the call that its kind needs (H5Fclose, H5Dclose, …).
struct HDF5Handle: ~Copyable {
  let id: hid_t
  private let closer: @convention(c) (hid_t) -> herr_t

  /// Takes over an identifier that a checked call has given.
  init(_ id: hid_t, closedBy closer: @convention(c) (hid_t) -> herr_t) {
    self.id = id
    self.closer = closer
  }

  deinit {
    // An error that is already on its way matters more than one of closing.
    HDF5Lock.hold {
      HDF5Error.silence()
      _ = closer(id)
    }
  }

  /// Closes it now, for those who need to know whether that worked.
  consuming func close(_ call: StaticString, _ action: @autoclosure () -> String, _ path: String) throws(HDF5Error) {
    let (id, closer) = (id, closer)
    discard self
    try HDF5Error.check(call, action(), path) { closer(id) }
  }
}
