/// Styles and scripts of pages, which are files of their own (`Resources`) and part of the program: a page has all of it inside.
package enum PageParts {
  package static let galleryStyle = text(PackageResources.gallery_css)
  package static let reportStyle = text(PackageResources.report_css)
  /// What the scripts of all pages of a gallery begin with: their data, and how they make elements.
  package static let galleryShared = text(PackageResources.gallery_shared_js)
  package static let galleryPage = text(PackageResources.gallery_page_js)
  package static let galleryIndex = text(PackageResources.gallery_index_js)

  /// A line break and the file: as it stands between the tags of its element.
  private static func text(_ bytes: [UInt8]) -> String { "\n" + String(decoding: bytes, as: UTF8.self) }
}
