import Cluster
import DataSets
import Files
import Foundation
import Images
import Results
import Segmentation
import Synchronization

extension Localiser {
  /// Finds the object of each map, in the same order, several at once on as many threads.
  func objects(in maps: ClassMaps, threads: Int) -> [LocalisedObject] {
    let found = Mutex([Int: LocalisedObject]())
    let workers = max(1, min(threads, maps.maps.count))
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      for index in stride(from: worker, to: maps.maps.count, by: workers) {
        let object = object(in: maps.maps[index], size: maps.size) { cut in Activity.during(.cutting, cut) }
        found.withLock { $0[index] = object }
      }
    }
    let objects = found.withLock { $0 }
    return maps.maps.indices.compactMap { objects[$0] }
  }
}

/// The result for one picture, ready to be saved.
struct LocalisedPicture {
  let item: WorkItem<Annotation?>
  /// The frame of the picture in the file.
  let frame: PictureFrame
  let found: LocalisedObjects
  let localiser: Localiser
  /// The true boxes, if they are known, in pixels of the upright picture.
  private let framed: FramedBoxes?

  init(item: WorkItem<Annotation?>, frame: PictureFrame, found: LocalisedObjects, localiser: Localiser) {
    (self.item, self.frame, self.found, self.localiser) = (item, frame, found, localiser)
    framed = item.subject?.boxes(in: frame)
  }

  private var truth: [BoundingBox]? { framed?.boxes }
  private var size: PictureSize { PictureSize(width: frame.width, height: frame.height) }

  func result(_ net: TrainedNetwork, keepsMaps: Bool, rendering: SaliencyRendering) -> ItemResult<LocalisationFacts> {
    let (maps, objects) = (found.maps, found.objects)
    let answers = zip(maps.classes, objects).map { ranked, object in
      answer(net.classes[ranked.index], ranked.score, object)
    }
    // The map that is shown is that of the picture's true class, if that is among the answers.
    let truths = Set((truth ?? []).map(\.wnid) + [item.picture?.truth].compactMap { $0 })
    let shown = answers.firstIndex { truths.contains($0.box.wnid) } ?? 0
    let notes = Set(answers.compactMap(\.note)).sorted() + [framed?.warning].compactMap { $0 }
    var record = CommonFacts(
      item: item.name, kind: LocalisationJob.command, classIndex: maps.classes[shown].index, score: maps.classes[shown].score,
      posterior: maps.classes[shown].posterior, top: maps.classes, net: net,
      warning: notes.isEmpty ? nil : notes.joined(separator: "; "))
    record.inputSHA256 = maps.inputSHA256
    let facts = LocalisationFacts(
      answers: answers, truthBoxes: truth, width: frame.width, height: frame.height, orientation: Int(frame.orientation.rawValue))
    let stored = ItemResult<LocalisationFacts>.DataSet(
      path: "/maps", shape: [maps.maps.count, maps.size.height, maps.size.width],
      values: keepsMaps ? maps.maps.flatMap { $0 } : [])
    return ItemResult(
      ResultRecord(record, facts), dataSets: keepsMaps ? [stored] : [],
      attributes: ["picture_width": .number(Double(size.width)), "picture_height": .number(Double(size.height))],
      attachments: masks,
      picture: Self.panels(localiser, maps.maps[shown], maps.size, objects[shown], truth: truth ?? [], size, rendering).png)
  }

  private func answer(_ wnid: String, _ score: Float, _ object: LocalisedObject) -> LocalisationFacts.Answer {
    let place = object.box.scaled(from: localiser.picture.size, to: size)
    let box = BoundingBox(
      wnid: wnid, xmin: place.x, ymin: place.y, xmax: place.x + place.width - 1, ymax: place.y + place.height - 1)
    let own = truth?.filter { $0.wnid == wnid }
    let overlap = own.map { $0.map { $0.overlap(with: box) }.max() ?? 0 }
    return LocalisationFacts.Answer(box: box, score: score, overlap: overlap, note: object.note)
  }

  /// The masks at the picture's own size; 255 marks the object.
  private var masks: [(file: String, contents: ItemResult<LocalisationFacts>.Contents)] {
    found.objects.enumerated().map { index, object in
      (
        LocalisationJob.maskFile(of: item.name, rank: index + 1),
        { [size] path in
          let pixels = object.mask.resized(to: size).pixels.map { $0 ? UInt8(255) : 0 }
          return try encodePNG(pixels, width: size.width, height: size.height, channels: 1, name: path)
        }
      )
    }
  }

  /// Draws side by side: the picture with the found box (orange) and the true boxes (green), the map, the seeds of a cut, and the
  /// object in the picture.
  ///
  /// - Parameters:
  ///   - truth: the true boxes, in pixels of the file's picture, which has the size `size`.
  private static func panels(
    _ localiser: Localiser, _ map: [Float], _ mapSize: PictureSize, _ object: LocalisedObject, truth: [BoundingBox],
    _ size: PictureSize, _ rendering: SaliencyRendering
  ) -> Picture {
    let picture = localiser.picture
    var boxed = picture
    for box in truth {
      let place = PixelRectangle(x: box.xmin, y: box.ymin, width: box.xmax - box.xmin + 1, height: box.ymax - box.ymin + 1)
      boxed.outline(place.scaled(from: size, to: picture.size), colour: [40, 200, 80])
    }
    boxed.outline(object.box, colour: [255, 120, 0])
    let cutOut = Picture(width: picture.width, height: picture.height) { target in
      for (pixel, isObject) in object.mask.pixels.enumerated() {
        for channel in 0..<3 {
          let value = picture.pixels[pixel * 3 + channel]
          target[pixel * 3 + channel] = isObject ? value : value / 4
        }
      }
    }
    let panels =
      [boxed, rendering.panel(map, size: mapSize, on: boxed)]
      + (localiser.options.box == .graphcut ? [picture.seeded(object.seeds)] : []) + [cutOut]
    return Picture.grid(panels, columns: panels.count, gap: Picture.gap)
  }

  /// Draws the picture of a result as the job does. The object is found again from the map that was kept, with the same result.
  static func redrawn(_ result: StoredResult, _ rendering: SaliencyRendering) throws -> Picture {
    guard result.header.parameters["maps_kept"] != .flag(false) else {
      throw ResultsError(.wrongUse, "\(result.folder) was made with --drop-maps: there is nothing to draw its maps from")
    }
    let options = try LocalisationOptions(result.header, folder: result.folder)
    let record = try result.record(LocalisationFacts.self)
    let picture = try result.picture()
    let file = try result.file()
    let shape = try file.shape(of: "/maps")
    guard let shown = record.top5.firstIndex(where: { $0.class == record.class }), shape.count == 3, shown < shape[0],
      shape.dropFirst().allSatisfy(NumberLimits.sides.contains),
      record.facts.frame.map({ $0 == picture.frame }) ?? false
    else { throw result.mismatch }
    let localiser = try Localiser(picture.full(result.decoder), options: options)
    let (maps, _) = try file.readFloats("/maps")
    let (area, size) = (shape[1] * shape[2], PictureSize(width: shape[2], height: shape[1]))
    let map = Array(maps[(shown * area)..<((shown + 1) * area)])
    return panels(
      localiser, map, size, localiser.object(in: map, size: size), truth: record.facts.truthBoxes ?? [],
      PictureSize(width: picture.frame.width, height: picture.frame.height), rendering)
  }
}

extension Picture {
  /// The picture in grey, with the seeds of the object (orange) and of the background (blue) over it.
  ///
  /// - Parameter seeds: `[height, width]`, or empty.
  func seeded(_ seeds: [PixelSeed]) -> Picture {
    Picture(width: width, height: height) { target in
      for pixel in 0..<(width * height) {
        let (red, green, blue) = (Int(pixels[3 * pixel]), Int(pixels[3 * pixel + 1]), Int(pixels[3 * pixel + 2]))
        // The brightness of BT.601; a third of it under a seed.
        let grey = (299 * red + 587 * green + 114 * blue + 500) / 1000
        let seed = seeds.isEmpty ? .unknown : seeds[pixel]
        let colour: SIMD3<Int>? = seed.isOfObject ? [255, 120, 0] : seed.isOfBackground ? [30, 100, 255] : nil
        for channel in 0..<3 {
          target[3 * pixel + channel] = UInt8(colour.map { (grey + 2 * $0[channel]) / 3 } ?? grey)
        }
      }
    }
  }

  /// Draws a border of two pixels just inside a rectangle. Parts outside of the picture aren't drawn.
  mutating func outline(_ rectangle: PixelRectangle, colour: SIMD3<UInt8>) {
    let (right, bottom) = (rectangle.x + rectangle.width - 1, rectangle.y + rectangle.height - 1)
    for y in max(rectangle.y, 0)...max(min(bottom, height - 1), max(rectangle.y, 0)) where y < height {
      for x in max(rectangle.x, 0)...max(min(right, width - 1), max(rectangle.x, 0)) where x < width {
        let inside = x > rectangle.x + 1 && x < right - 1 && y > rectangle.y + 1 && y < bottom - 1
        if !inside { self[x, y] = colour }
      }
    }
  }
}
