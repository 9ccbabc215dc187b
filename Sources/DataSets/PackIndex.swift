/// The file that makes a folder a pack.
package enum PackIndex {
  /// Its name. It is written last: a folder that holds it is a whole pack.
  package static let fileName = "pack.h5"
}
