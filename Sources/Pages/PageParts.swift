/// The styles and scripts of pages. They are files of their own (`Resources`) that are compiled into the program, so that a page
/// contains all of them.
package enum PageParts {
  package static let galleryStyle = text(PackageResources.gallery_css)
  package static let reportStyle = text(PackageResources.report_css)
  /// The beginning of the scripts of all pages of a gallery: their data, and functions that make elements.
  package static let galleryShared = text(PackageResources.gallery_shared_js)
  package static let galleryPage = text(PackageResources.gallery_page_js)
  package static let galleryIndex = text(PackageResources.gallery_index_js)

  /// The file after a line break, as it stands between the tags of its element.
  private static func text(_ bytes: [UInt8]) -> String { "\n" + String(decoding: bytes, as: UTF8.self) }
}
