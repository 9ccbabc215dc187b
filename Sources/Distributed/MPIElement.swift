import CMPI

/// A number that MPI can add up and send: `Float`, `Double`, `Int`, `UInt8`.
public protocol MPIElement: Comparable, Sendable, BitwiseCopyable {
  /// The `MPI_Datatype` handle of the same layout; MPI-3.1 section 3.2.2.
  static var datatype: OpaquePointer { get }
  static var zero: Self { get }
}

extension Float: MPIElement {
  public static var datatype: OpaquePointer { cmpi_float() }
}

extension Double: MPIElement {
  public static var datatype: OpaquePointer { cmpi_double() }
}

extension Int: MPIElement {
  public static var datatype: OpaquePointer { cmpi_int64() }
}

extension UInt8: MPIElement {
  public static var datatype: OpaquePointer { cmpi_uint8() }
}
