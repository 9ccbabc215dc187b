import CTurboJPEG

extension Picture {
  /// The bytes of a baseline JPEG file with chroma at half resolution (4:2:0).
  ///
  /// - Parameter quality: 1 (coarse) … 100 (fine), the scale of the Independent JPEG Group.
  /// - Throws: `ImageError` if a side is above JPEG's limit of 65,535.
  public func encodedJPEG(quality: Int = 90) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality), "a JPEG quality of \(quality) is not in 1 … 100")
    guard let handle = tjInitCompress() else {
      throw ImageError(.invalidSize, "cannot make a JPEG encoder: \(String(cString: tjGetErrorStr2(nil)))")
    }
    defer { tjDestroy(handle) }
    let subsampling = Int32(TJSAMP_420.rawValue)
    let capacity = Int(tjBufSize(Int32(width), Int32(height), subsampling))
    var status: Int32 = -1
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      var start = buffer.baseAddress
      var size = UInt(capacity)
      status = tjCompress2(
        handle, pixels, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &start, &size, subsampling,
        Int32(quality), TJFLAG_NOREALLOC)
      count = status == 0 ? Int(size) : 0
    }
    guard status == 0 else {
      throw ImageError(
        .invalidSize, "cannot encode a JPEG picture of \(width)×\(height): \(String(cString: tjGetErrorStr2(handle)))")
    }
    return bytes
  }
}
