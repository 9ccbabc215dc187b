import Attribution
import Data
import DataSets
import Files
import Images
import Results
import Segmentation

/// A picture that is prepared for localisation: for the net, or with maps from an earlier run.
package struct LocalisationInput: Sendable {
  enum Maps: Sendable {
    case picture(TestPicture, any SaliencyMethod)
    case stored(ClassMaps)
  }

  let maps: Maps
  let localiser: Localiser
  /// The frame of the picture in the file.
  let frame: PictureFrame
  /// The number of its stream of random numbers.
  let stream: UInt64
  /// The time that the preparation took.
  let seconds: Double

  /// - Throws: `ImageError` if the picture can't be read; `HDF5Error` or `ResultsError` if its stored maps can't be read.
  init(_ source: PictureSource, stream: UInt64, of job: LocalisationJob, _ decoder: PictureDecoder) throws {
    let start = ContinuousClock.now
    let whole = try WholePicture(source.path, geometry: job.network.spec.geometry, decoder: decoder)
    maps =
      switch job.maps {
      case .stored(let stored): .stored(try stored.maps(of: source, classes: job.network.classes))
      case .method(let method):
        .picture(try TestPicture(whole.prepared, geometry: job.network.spec.geometry, crops: job.crops), method)
      }
    localiser = try Localiser(whole.full(decoder), options: job.options)
    frame = whole.frame
    self.stream = stream
    seconds = (ContinuousClock.now - start) / .seconds(1)
  }
}
