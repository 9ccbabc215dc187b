import CHDF5
import Sizes

/// Reads data sets of any size in little memory: in boxes of whole rows, one after the other in C order.
extension HDF5File {
  /// Reads the bytes of a data set as they are stored, whatever its type, and passes them to `body` piece by piece, in order.
  ///
  /// - Parameters:
  ///   - pieceBytes: The most bytes of a piece, unless a single element has more.
  ///   - body: Gets whole elements, in memory that is aligned to 64 bytes and is used again for the next piece.
  /// - Throws: `HDF5Error`. Source: H5Sselect_hyperslab, H5Dread
  public func readPieces(
    _ dataSet: HDF5DataSet, pieceBytes: Int = 1 << 24, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(HDF5Error) {
    guard dataSet.byteCount > 0 else { return }
    let action = "read data set \(dataSet.path) of"
    let owner = try openDataSet(dataSet.path)
    let type = HDF5Handle(try HDF5Error.check("H5Dget_type", action, path) { H5Dget_type(owner.id) }, closedBy: H5Tclose)
    let space = HDF5Handle(try HDF5Error.check("H5Dget_space", action, path) { H5Dget_space(owner.id) }, closedBy: H5Sclose)
    let rows = RowBoxes(shape: dataSet.shape, width: dataSet.byteCount / dataSet.count, most: pieceBytes)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: rows.largestBytes, alignment: 64)
    defer { memory.deallocate() }
    for index in 0..<rows.count {
      let box = rows.box(index)
      let elements = box.sizes.reduce(1, *)
      if !dataSet.shape.isEmpty {
        try HDF5Error.check("H5Sselect_hyperslab", action, path) {
          H5Sselect_hyperslab(
            space.id, H5S_SELECT_SET, box.start.map { hsize_t($0) }, nil, box.sizes.map { hsize_t($0) }, nil)
        }
      }
      let piece = HDF5Handle(
        try HDF5Error.check("H5Screate_simple", action, path) { H5Screate_simple(1, [hsize_t(elements)], nil) },
        closedBy: H5Sclose)
      try HDF5Error.check("H5Dread", action, path) {
        H5Dread(owner.id, type.id, piece.id, space.id, hdf5_default(), memory.baseAddress)
      }
      body(UnsafeRawBufferPointer(rebasing: memory[..<(elements * rows.width)]))
    }
  }
}

/// Cuts a shape into boxes that follow each other in C order. A box has some rows along one axis, the whole of each later axis,
/// and a single index along each earlier one.
struct RowBoxes {
  let shape: [Int]
  /// The number of bytes of an element.
  let width: Int
  /// The axis that is cut; each later axis is whole in every box.
  private let axis: Int
  /// The rows of a box along that axis; the last box may have fewer.
  private let rows: Int

  init(shape: [Int], width: Int, most: Int) {
    (self.shape, self.width) = (shape, width)
    var axis = shape.count, inner = width
    while axis > 0, let bytes = CheckedSize.product([inner, shape[axis - 1]]), bytes <= most {
      axis -= 1
      inner = bytes
    }
    // Either everything fits into one box, or a box has as many rows of the first axis that doesn't fit as it can hold.
    self.axis = max(axis - 1, 0)
    rows = axis == 0 ? (shape.first ?? 1) : max(1, most / inner)
  }

  private var boxesOfAxis: Int { shape.isEmpty ? 1 : (shape[axis] + rows - 1) / rows }

  var count: Int { shape[..<axis].reduce(boxesOfAxis, *) }

  var largestBytes: Int { shape.dropFirst(axis + 1).reduce(width * rows, *) }

  func box(_ index: Int) -> (start: [Int], sizes: [Int]) {
    guard !shape.isEmpty else { return ([], []) }
    var start = [Int](repeating: 0, count: shape.count), sizes = shape
    start[axis] = index % boxesOfAxis * rows
    sizes[axis] = min(rows, shape[axis] - start[axis])
    var rest = index / boxesOfAxis
    for before in (0..<axis).reversed() {
      start[before] = rest % shape[before]
      sizes[before] = 1
      rest /= shape[before]
    }
    return (start, sizes)
  }
}
