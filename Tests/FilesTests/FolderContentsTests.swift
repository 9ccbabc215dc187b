import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Contents of folders")
struct FolderContentsTests {
  @Test("every name is a folder, a file or hidden, by its bytes and in their order; links lead where they lead")
  func names() throws {
    let scratch = try TemporaryFolder()
    let root = FileName(scratch.path)
    let latin = FileName(bytes: Array("caf".utf8) + [0xE9])
    let files: [FileName] = ["b", "B", "café", "cafe\u{301}", latin, "a\nb", "100%", "Thumbs.db", ".x", "Icon\r", "desktop.ini"]
    for name in files {
      let descriptor = root.appending(name).withCString { open($0, O_CREAT | O_WRONLY, 0o600) }
      #expect(descriptor >= 0)
      close(descriptor)
    }
    for name in ["d", "__MACOSX", "@eaDir", ".git"] { #expect(mkdir(scratch.path(name), 0o700) == 0) }
    #expect(mkfifo(scratch.path("pipe"), 0o600) == 0)
    for (name, target) in [("to-folder", "d"), ("to-file", "b"), ("to-nothing", "none"), ("to-itself", "to-itself")] {
      #expect(symlink(target, scratch.path(name)) == 0)
    }
    let contents = try FolderContents(root)
    #expect(contents.folders == ["d", "to-folder"])
    #expect(
      contents.files == [
        "100%", "B", "a\nb", "b", "cafe\u{301}", "café", latin, "pipe", "to-file", "to-itself", "to-nothing",
      ])
    #expect(contents.brokenLinks == ["to-itself", "to-nothing"])
    #expect(contents.hidden == [".git", ".x", "@eaDir", "Icon\r", "Thumbs.db", "__MACOSX", "desktop.ini"])
    #expect(try FolderContents(root.appending("d")).identity == FolderContents(root.appending("to-folder")).identity)
    let error = #expect(throws: FileError.self) { try FolderContents(root.appending("none")) }
    #expect(error?.description.contains("none") == true)
  }
}
