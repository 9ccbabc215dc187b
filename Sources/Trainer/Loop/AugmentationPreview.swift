import Cluster
import Data
import Foundation
import Images

/// Draws the pictures that begin a training, as the net sees them: cropped, mirrored, shifted in colour and with a part
/// zeroed out, the mean added back. They are the first samples of the first epoch, with the seed and options of the job.
///
/// - Parameter count: how many; they fill the rows of a nearly square sheet.
/// - Returns: the sheet, white between the crops.
/// - Throws: `DataError`, `JobError`, `ImageError`.
public func augmentationPreview(_ job: TrainingJob, count: Int) throws -> Picture {
  let set = try PictureSet(contentsOf: job.data)
  guard !set.train.isEmpty else {
    throw JobError.badData("\(job.data) has no train/ folder; expected train/<wnid>/<picture>")
  }
  let options = try ResolvedRun(job, classes: set.classes.count).options
  let geometry = try PreparedData.geometry(options, packedSide: set.pack?.settings.shorterSide)
  let crop = geometry.crop
  let source = try set.source(.train, geometry: geometry)
  let badFiles = BadFileReport(badFileLimit: 1, of: source.count)
  let mean =
    try set.pack?.mean(crop: crop, shorterSide: geometry.shorterSide) ?? roughMean(of: source, crop: crop, badFiles: badFiles)
  let loader = try BatchLoader(
    source: source,
    options: .init(
      threads: job.compute.team.workers, prefetch: 1,
      augmentation: Augmentation(options, colourAxes: mean.colourAxes), mean: mean.values),
    sequence: .training(
      EpochSampler(count: source.count, seed: options.seed), batch: count, firstSample: 0, rank: 0, ranks: 1),
    badFiles: badFiles)
  defer { loader.close() }
  guard let batch = try loader.next() else { throw JobError("the loader gave no batch") }
  return sheet((0..<count).map { batch.planes(at: $0) }, crop: crop, mean: mean.values)
}

/// The mean over some of the pictures, evenly spread: all of them would take long, and here it only shows where a part is erased.
private func roughMean(of source: any PictureSource, crop: Int, badFiles: BadFileReport) throws -> MeanPicture {
  var sums = MeanAccumulator(crop: crop)
  let decoder = try PictureDecoder()
  for index in stride(from: 0, to: source.count, by: max(1, source.count / 256)) {
    do throws(ImageError) {
      try sums.add(try source.picture(at: index, decoder: decoder).resized())
    } catch {
      if let problem = DataError(notOfThePicture: error) { throw problem }
      badFiles.record(path: source.name(at: index), reason: error.description)
    }
  }
  return try MeanPicture(sums: sums.sums, crop: crop)
}

/// Crops in rows, two white pixels between them.
private func sheet(_ crops: [UnsafeMutablePointer<Float>], crop: Int, mean: [Float]) -> Picture {
  let columns = Int(Double(crops.count).squareRoot().rounded(.up))
  let rows = (crops.count + columns - 1) / columns
  let pitch = crop + 2
  let (width, height) = (columns * pitch - 2, rows * pitch - 2)
  var picture = Picture(width: width, height: height) { $0.update(repeating: 255) }
  let plane = crop * crop
  for (number, values) in crops.enumerated() {
    let (left, top) = (number % columns * pitch, number / columns * pitch)
    for place in 0..<plane {
      var pixel = SIMD3<UInt8>()
      for channel in 0..<3 {
        let value = values[channel * plane + place] + mean[channel * plane + place]
        pixel[channel] = UInt8(min(max(value.rounded(), 0), 255))
      }
      picture[left + place % crop, top + place / crop] = pixel
    }
  }
  return picture
}
