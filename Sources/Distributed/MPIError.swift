import CMPI

/// A call of the MPI library that failed.
///
/// Open MPI's default is to kill the job inside the call; every communicator here has `MPI_ERRORS_RETURN` instead, so that a
/// failure is a Swift error that says what was being done.
///
/// Source: MPI-3.1 section 8.3 (error handling), `MPI_Error_string`.
public struct MPIError: Error, Equatable, CustomStringConvertible {
  /// The C function, for instance `MPI_Allreduce`.
  public let call: String
  /// What the call was for, for instance `summing 1024 Float over 8 ranks`.
  public let doing: String
  /// The library's own words.
  public let reason: String

  public var description: String { "\(call) failed while \(doing): \(reason)" }
}

/// The one checker of all MPI calls.
///
/// - Throws: `MPIError` if `code` isn't `MPI_SUCCESS`.
func check(_ code: Int32, _ call: String, _ doing: @autoclosure () -> String) throws(MPIError) {
  guard code != MPI_SUCCESS else { return }
  throw MPIError(call: call, doing: doing(), reason: errorText(code))
}

/// What the library says about an error code.
///
/// Source: `MPI_Error_string`, MPI-3.1 section 8.4.
private func errorText(_ code: Int32) -> String {
  var length: Int32 = 0
  let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(MPI_MAX_ERROR_STRING)) { buffer -> String? in
    guard MPI_Error_string(code, buffer.baseAddress, &length) == MPI_SUCCESS else { return nil }
    return String(decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<Int(length)]), as: UTF8.self)
  }
  return text ?? "error \(code)"
}
