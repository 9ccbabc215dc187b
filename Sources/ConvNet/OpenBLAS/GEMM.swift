import COpenBLAS

/// A row-major matrix that a GEMM reads: `rows` × `columns` values, with `stride` values from one row to the next.
public struct Matrix: @unchecked Sendable {
  // Unchecked: whoever makes a matrix keeps its values alive and unchanged for as long as it is read.
  let pointer: UnsafePointer<Float>
  let rows: Int
  let columns: Int
  let stride: Int
  let transposed: Bool

  public init(_ pointer: UnsafePointer<Float>, _ rows: Int, _ columns: Int, stride: Int? = nil, transposed: Bool = false) {
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
    self.transposed = transposed
  }

  public init(_ pointer: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, stride: Int? = nil) {
    self.init(UnsafePointer(pointer), rows, columns, stride: stride)
  }

  public var transpose: Matrix { Matrix(pointer, columns, rows, stride: stride, transposed: !transposed) }
}

/// OpenBLAS is given one thread: its own threads would compete with the team's and with oneDNN's. Source:
/// `openblas_set_num_threads`
private let oneThread: Void = openblas_set_num_threads(1)

/// Computes out = a·b, or out += a·b, on the calling thread. Source: `cblas_sgemm`.
public func multiply(
  _ a: Matrix, _ b: Matrix, into out: UnsafeMutablePointer<Float>, stride: Int? = nil, accumulate: Bool = false
) {
  _ = oneThread
  assert(a.columns == b.rows, "\(a.rows)×\(a.columns) times \(b.rows)×\(b.columns)")
  cblas_sgemm(
    CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans, b.transposed ? CblasTrans : CblasNoTrans,
    blasint(a.rows), blasint(b.columns), blasint(a.columns), 1, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride),
    accumulate ? 1 : 0, out, blasint(stride ?? b.columns))
}
