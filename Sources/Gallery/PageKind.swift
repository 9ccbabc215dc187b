import Results

/// What pages need to know about a kind of results.
package struct PageKind: Sendable {
  /// The title of the page.
  package let title: String
  /// The style of the page: `models`, `maps` or `maps wide`.
  package var style = "maps"
  /// True if results are named by the ids of classes on the page, false if by files.
  package var isNamedByClass = false
  /// The description of a picture, for people who don't see it.
  package var alternative: @Sendable (_ item: GalleryItem) -> String = {
    "\($0.source ?? $0.item), and its saliency map for \($0.name) (\($0.class))"
  }
  /// True if results have a dataset `/score_trace`.
  package var hasTrace = false
  /// Reads the intersection over union by which a result is judged, for jobs that find places: 0 if the class isn't found.
  package var overlap: (@Sendable (Manifest, Manifest.Line) throws -> Double?)?

  package init(title: String) { self.title = title }
}
