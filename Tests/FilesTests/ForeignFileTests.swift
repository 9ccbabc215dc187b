import Files
import Foundation
import Testing

@Suite struct ForeignFileTests {
  static let files: [(start: [UInt8], kind: ForeignFile.Kind?, words: String)] = [
    ([], .empty, "copy or download"),
    (Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 243862414\n".utf8), .lfsPointer, "git lfs pull"),
    (Array("\n<!DOCTYPE html>\n<html><title>404</title></html>".utf8), .html, "download"),
    (Array("\u{FEFF}<HTML><body>Log in</body></HTML>".utf8), .html, "download"),
    (Array("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>".utf8), .xml, "XML"),
    (Array("name: \"net\"\nlayer {\n  name: \"conv1\"\n}\n".utf8), .netText, ".caffemodel"),
    (Array("net: \"train_val.prototxt\"\nbase_lr: 0.01\n".utf8), .solverText, ".caffemodel"),
    (Array("{\"layers\": []}".utf8), .json, "JSON"),
    (Array("Größe, größer".utf8), .text, "text"), ([0x47, 0x72, 0xF6, 0xDF, 0x65, 0x20, 0x41, 0x42, 0x0A], .text, "text"),
    ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 0], .hdf5, "HDF5"),
    (Array("PK\u{3}\u{4}".utf8) + [0, 0] + Array("archive/data.pkl".utf8) + [0x80, 2], .pytorch, ".pth"),
    (Array("PK\u{3}\u{4}".utf8) + [0, 0] + Array("config.json...model.weights.h5".utf8), .keras, "Keras"),
    (Array("PK\u{3}\u{4}".utf8) + [0, 0] + Array("conv1.npy".utf8), .numpy, ".npz"),
    (Array("PK\u{3}\u{4}".utf8) + [0, 0] + Array("photo.jpg".utf8), .zip, "unpack"),
    ([0x80, 2, 0x8A, 0x0A], .pickle, "pickle"), ([0x80, 4, 0x95], .pickle, "pickle"),
    ([88, 1, 0, 0, 0, 0, 0, 0] + Array("{\"conv1\":{}}".utf8), .safetensors, "safetensors"),
    ([8, 7, 0x12, 7] + Array("pytorch".utf8), .onnx, "ONNX"), ([0x1C, 0, 0, 0] + Array("TFL3".utf8) + [0], .tflite, "Lite"),
    (Array("MATLAB 7.3 MAT-file".utf8), .matlab73, "-v7"), (Array("MATLAB 5.0 MAT-file".utf8), .matlab5, "MATLAB"),
    ([0x1F, 0x8B, 8], .archive, "unpack"), ([0xFF, 0xD8, 0xFF, 0xE0], .picture, "JPEG"),
    (Array("GIF89a".utf8) + [0], .otherPicture, "convert"),
    (Array("RIFF".utf8) + [1, 0, 0, 0] + Array("WEBPVP8 ".utf8), .otherPicture, "WebP"),
    (Array("%PDF-1.7".utf8), .pdf, "PDF"), ([0x7F, 0x45, 0x4C, 0x46, 2], .program, "program"),
    // Files without a known beginning: Caffe's binary forms, and noise.
    ([0x0A, 5] + Array("small".utf8) + [0xA2, 6, 200, 1, 0], nil, ""), ([8, 1, 0x10, 3, 0x18, 16, 0x20, 16, 0x2A], nil, ""),
    ([1, 2, 3, 4, 5, 6, 7, 200], nil, ""),
  ]

  @Test("A file says what it is by its first bytes", arguments: files.indices)
  func recognised(row: Int) {
    let (start, kind, words) = Self.files[row]
    let found = ForeignFile.recognised(start)
    #expect(found?.kind == kind)
    if kind != nil { #expect(found?.sentence.contains(words) == true, "\(found?.sentence ?? "nothing")") }
  }

  @Test("Every kind is in the table, but for a tar archive's neighbours") func allKinds() {
    #expect(Set(Self.files.compactMap(\.kind)) == Set(ForeignFile.Kind.allCases))
  }
}
