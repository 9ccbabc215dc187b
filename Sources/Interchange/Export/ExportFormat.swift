import Checkpoint
import ConvNet
import Files

/// The formats in which a checkpoint's network can be exported for other programs.
public enum ExportFormat: String, Sendable, CaseIterable {
  /// Tensors by name, for PyTorch and others: `conv1.weight`, `conv1.bias`, …, `mean`.
  case safetensors
  /// The network as a graph, for ONNX Runtime and others: its input are RGB pictures of 0–255, its output class scores.
  case onnx
}

/// Writes a checkpoint's network in another program's format.
///
/// - Parameter subtractsMean: true for an ONNX graph that subtracts the mean itself, so that its input is RGB 0–255.
/// - Throws: `InterchangeError` if the format can't hold the network, `FileError` if the file can't be written.
public func export(
  _ checkpoint: Checkpoint, format: ExportFormat, subtractsMean: Bool = true, to path: String
) throws {
  guard let mean = checkpoint.contents.fittedMean else {
    throw InterchangeError(
      .badData,
      "the checkpoint's mean is \(checkpoint.contents.meanShape), smaller than the input \(checkpoint.contents.network.input)")
  }
  switch format {
  case .safetensors: try Safetensors.write(checkpoint, mean: mean, to: path)
  case .onnx: try ONNX.write(checkpoint, mean: subtractsMean ? mean : nil, to: path)
  }
}
